import { MessageCirclePlus, MessageSquareDashed, SearchX } from "lucide";
import { useMemo, useState } from "preact/hooks";
import type { Chat } from "../../api/chats";
import type { Resource } from "../../data/resource";
import { type ChatFilter, select } from "../../logic/chat-list";
import { t } from "../../text/en";
import { Choices, SearchBox } from "../../ui/bits";
import { IconButton } from "../../ui/button";
import { Empty, Loaded } from "../../ui/states";
import { VirtualList } from "../../ui/virtual-list";
import { ChatRow } from "./chat-row";
import { FoundMessages } from "./found";
import { NewChat } from "./new-chat";

const FILTERS: ChatFilter[] = ["all", "unread", "groups", "archived"];

export function ChatList({
  session,
  chats,
  current,
}: {
  session: string;
  chats: Resource<Chat[]>;
  current: string | null;
}) {
  const [search, setSearch] = useState("");
  const [filter, setFilter] = useState<ChatFilter>("all");
  const [where, setWhere] = useState<"chats" | "messages">("chats");
  const [isNew, setNew] = useState(false);
  const found = useMemo(() => select(chats.data ?? [], filter, search), [chats.data, filter, search]);
  const isSearching = search.trim() !== "";

  return (
    <section class="split-list" aria-label={t.chats.title}>
      <header class="split-head">
        <p class="split-title" aria-hidden="true">
          {t.chats.title}
        </p>
        <IconButton icon={MessageCirclePlus} label={t.chats.new} onClick={() => setNew(true)} />
      </header>
      <div class="split-tools">
        <SearchBox value={search} onInput={setSearch} label={t.chats.search} />
        {isSearching ? (
          <Choices
            label={t.chats.searchIn}
            value={where}
            onChange={setWhere}
            of={[
              { id: "chats", label: t.chats.title },
              { id: "messages", label: t.chats.messages },
            ]}
          />
        ) : (
          <Choices
            label={t.chats.filter}
            value={filter}
            onChange={setFilter}
            of={FILTERS.map((id) => ({ id, label: t.chats.filters[id] }))}
          />
        )}
      </div>
      {isSearching && where === "messages" ? (
        <FoundMessages session={session} search={search} chats={chats.data ?? []} />
      ) : (
        <Loaded from={chats} rows={8}>
          {(all) =>
            found.length > 0 ? (
              <VirtualList
                items={found}
                rowHeight={64}
                keyOf={(chat) => chat.jid}
                label={t.chats.title}
                current={current}
              >
                {(chat, row) => <ChatRow session={session} chat={chat} isCurrent={chat.jid === current} row={row} />}
              </VirtualList>
            ) : all.length === 0 ? (
              <Empty icon={MessageSquareDashed} title={t.chats.emptyTitle}>
                <p>{t.chats.emptyText}</p>
              </Empty>
            ) : (
              <Empty icon={SearchX} title={isSearching ? t.states.nothingFound : t.chats.emptyFilter[filter]} />
            )
          }
        </Loaded>
      )}
      {isNew ? <NewChat session={session} onClose={() => setNew(false)} /> : null}
    </section>
  );
}
