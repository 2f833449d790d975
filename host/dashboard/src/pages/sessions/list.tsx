/** All sessions, with the state of each. */

import { MonitorSmartphone, Plus } from "lucide";
import { useMemo, useState } from "preact/hooks";
import { fetchSessions, type Session, type Status } from "../../api/sessions";
import { useResource } from "../../data/resource";
import { liveState, useLive } from "../../live/live";
import { count } from "../../logic/format";
import { mayManage } from "../../state/viewer";
import { t } from "../../text/en";
import { Choices, SearchBox } from "../../ui/bits";
import { Button } from "../../ui/button";
import { Page } from "../../ui/page";
import { Empty, Loaded } from "../../ui/states";
import { VirtualList } from "../../ui/virtual-list";
import { CreateSession } from "./create";
import { SessionRow } from "./row";

const FILTERS = {
  all: () => true,
  connected: (status: Status) => status === "CONNECTED",
  attention: (status: Status) => status === "SCAN_QR" || status === "DISCONNECTED" || status === "LOGGED_OUT",
  stopped: (status: Status) => status === "STOPPED",
};
type Filter = keyof typeof FILTERS;

export default function Sessions() {
  const sessions = useResource("sessions", fetchSessions, liveState.value === "open" ? 30_000 : 4_000);
  const [isCreating, setCreating] = useState(false);
  const [search, setSearch] = useState("");
  const [filter, setFilter] = useState<Filter>("all");
  useLive(["session.status", "connection.update"], sessions.reload);

  const found = useMemo(() => select(sessions.data ?? [], filter, search), [sessions.data, filter, search]);
  const all = sessions.data ?? [];
  const connected = all.filter((session) => session.status === "CONNECTED").length;
  const create = (
    <Button look="primary" icon={Plus} onClick={() => setCreating(true)}>
      {t.sessions.create}
    </Button>
  );
  return (
    <Page
      title={t.sessions.title}
      text={all.length > 0 ? t.sessions.summary(count(connected), count(all.length)) : undefined}
      actions={mayManage() ? create : undefined}
      isFilling
    >
      <Loaded from={sessions}>
        {() =>
          all.length === 0 ? (
            <Empty icon={MonitorSmartphone} title={t.sessions.emptyTitle} action={mayManage() ? create : undefined}>
              <p>{mayManage() ? t.sessions.emptyText : t.sessions.emptyStaff}</p>
            </Empty>
          ) : (
            <>
              <div class="toolbar">
                <SearchBox value={search} onInput={setSearch} label={t.sessions.search} />
                <Choices
                  label={t.sessions.filter}
                  value={filter}
                  onChange={setFilter}
                  of={(Object.keys(FILTERS) as Filter[]).map((id) => ({ id, label: t.sessions.filters[id] }))}
                />
              </div>
              {found.length === 0 ? <Empty icon={MonitorSmartphone} title={t.states.nothingFound} /> : null}
              {found.length > 0 ? (
                <VirtualList
                  items={found}
                  rowHeight={68}
                  keyOf={(one) => one.id}
                  label={t.sessions.title}
                  class="card-list"
                >
                  {(session, row) => <SessionRow session={session} row={row} />}
                </VirtualList>
              ) : null}
            </>
          )
        }
      </Loaded>
      {isCreating ? <CreateSession taken={all.map((one) => one.slug)} onClose={() => setCreating(false)} /> : null}
    </Page>
  );
}

function select(sessions: Session[], filter: Filter, search: string): Session[] {
  const wanted = search.trim().toLowerCase();
  return sessions.filter(
    (one) =>
      FILTERS[filter](one.status) &&
      `${one.name} ${one.slug} ${one.me?.id ?? ""} ${one.owner ?? ""}`.toLowerCase().includes(wanted),
  );
}
