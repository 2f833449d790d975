/** Messages that hold the words, in all chats of the session. */

import { SearchX } from "lucide";
import { useEffect, useState } from "preact/hooks";
import { type Chat, searchMessages } from "../../api/chats";
import { to } from "../../app/router";
import { useResource } from "../../data/resource";
import { stamp } from "../../logic/format";
import { display, isSame } from "../../logic/jid";
import { now } from "../../state/now";
import { t } from "../../text/en";
import { Empty, Loaded } from "../../ui/states";
import { VirtualList } from "../../ui/virtual-list";
import { nameOf, snippet } from "./chat-row";

const WAIT_MS = 300;
const SHORTEST = 2;

export function FoundMessages({ session, search, chats }: { session: string; search: string; chats: Chat[] }) {
  const [words, setWords] = useState(search.trim());
  useEffect(() => {
    const timer = setTimeout(() => setWords(search.trim()), WAIT_MS);
    return () => clearTimeout(timer);
  }, [search]);
  const isLongEnough = words.length >= SHORTEST;
  const found = useResource(isLongEnough ? `found:${session}:${words}` : null, (signal) =>
    searchMessages(session, { q: words, limit: 100 }, signal),
  );
  if (!isLongEnough) return <p class="faint pad">{t.chats.typeMore}</p>;
  return (
    <Loaded from={found} rows={5}>
      {({ messages, total }) =>
        messages.length === 0 ? (
          <Empty icon={SearchX} title={t.states.nothingFound} />
        ) : (
          <>
            <p class="faint small pad" role="status">
              {t.chats.found(total)}
            </p>
            <VirtualList
              items={messages}
              rowHeight={64}
              keyOf={(one) => `${one.chat}|${one.key}`}
              label={t.chats.messages}
            >
              {(one, row) => {
                const chat = chats.find((other) => isSame(other.jid, one.chat));
                return (
                  <a
                    class="chat-row"
                    data-row
                    tabIndex={row.tabIndex}
                    href={`${to("chats", session, one.chat)}?at=${encodeURIComponent(one.key)}`}
                  >
                    <span class="chat-main">
                      <span class="chat-line">
                        <bdi class="chat-name">{chat ? nameOf(chat) : display(one.chat)}</bdi>
                        <time class="chat-time">{stamp(one.at, now.value)}</time>
                      </span>
                      <span class="chat-line">
                        <bdi class="chat-snippet">
                          {one.fromMe ? `${t.chats.you}: ` : ""}
                          {snippet(one.type, one.content)}
                        </bdi>
                      </span>
                    </span>
                  </a>
                );
              }}
            </VirtualList>
          </>
        )
      }
    </Loaded>
  );
}
