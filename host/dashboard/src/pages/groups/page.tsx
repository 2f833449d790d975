/** Groups on the left, one of them on the right. */

import "../chats/chats.css";

import { LogIn, Plus, UsersRound } from "lucide";
import { useMemo, useState } from "preact/hooks";
import { fetchGroups } from "../../api/people";
import { to } from "../../app/router";
import type { PageProps } from "../../app/routes";
import { useResource } from "../../data/resource";
import { useLive } from "../../live/live";
import { clean } from "../../logic/filename";
import { t } from "../../text/en";
import { Avatar, Badge, SearchBox } from "../../ui/bits";
import { IconButton } from "../../ui/button";
import { useTitle } from "../../ui/page";
import { Empty, Loaded } from "../../ui/states";
import { VirtualList } from "../../ui/virtual-list";
import { CreateGroup, JoinGroup } from "./create";
import { GroupPane } from "./detail";

export default function Groups({ place }: PageProps) {
  const session = place.parts[1] ?? "";
  const jid = place.parts[2] ?? null;
  const groups = useResource(`groups:${session}`, (signal) => fetchGroups(session, signal));
  const [search, setSearch] = useState("");
  const [dialog, setDialog] = useState<"create" | "join" | null>(null);
  useTitle(t.groups.title);
  useLive(["group.*"], (event) => {
    if (event.sessionId === session) groups.reload();
  });
  const found = useMemo(() => {
    const wanted = search.trim().toLowerCase();
    return (groups.data ?? [])
      .filter((one) => one.subject.toLowerCase().includes(wanted))
      .sort((a, b) => a.subject.localeCompare(b.subject));
  }, [groups.data, search]);

  return (
    <div class={jid ? "split open" : "split"}>
      <h1 class="unseen">{t.groups.title}</h1>
      <section class="split-list" aria-label={t.groups.title}>
        <header class="split-head">
          <p class="split-title" aria-hidden="true">
            {t.groups.title}
          </p>
          <IconButton icon={LogIn} label={t.groups.join} onClick={() => setDialog("join")} />
          <IconButton icon={Plus} label={t.groups.create} onClick={() => setDialog("create")} />
        </header>
        <div class="split-tools">
          <SearchBox value={search} onInput={setSearch} label={t.groups.search} />
        </div>
        <Loaded from={groups} rows={8}>
          {(all) =>
            found.length > 0 ? (
              <VirtualList items={found} rowHeight={56} keyOf={(one) => one.jid} label={t.groups.title} current={jid}>
                {(group, row) => (
                  <a
                    class="chat-row"
                    data-row
                    tabIndex={row.tabIndex}
                    href={to("groups", session, group.jid)}
                    aria-current={group.jid === jid ? "true" : undefined}
                  >
                    <Avatar name={group.subject} id={group.jid} size={36} icon={UsersRound} />
                    <span class="chat-main">
                      <span class="chat-line">
                        <bdi class="chat-name">{clean(group.subject)}</bdi>
                        {group.isCommunity ? <Badge tone="info">{t.groups.community}</Badge> : null}
                      </span>
                      <span class="chat-line">
                        <span class="chat-snippet">{t.groups.size(group.size)}</span>
                      </span>
                    </span>
                  </a>
                )}
              </VirtualList>
            ) : (
              <Empty icon={UsersRound} title={all.length === 0 ? t.groups.emptyTitle : t.states.nothingFound}>
                {all.length === 0 ? <p>{t.groups.emptyText}</p> : null}
              </Empty>
            )
          }
        </Loaded>
      </section>
      {jid ? (
        <GroupPane key={jid} session={session} jid={jid} />
      ) : (
        <section class="split-detail">
          <Empty icon={UsersRound} title={t.groups.chooseTitle} />
        </section>
      )}
      {dialog === "create" ? <CreateGroup session={session} onClose={() => setDialog(null)} /> : null}
      {dialog === "join" ? <JoinGroup session={session} onClose={() => setDialog(null)} /> : null}
    </div>
  );
}
