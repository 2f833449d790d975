/** The session whose pages the menu leads to. A list to search in, because there may be hundreds. */

import { ChevronsUpDown } from "lucide";
import { useEffect, useId, useMemo, useRef, useState } from "preact/hooks";
import { fetchSessions, type Session } from "../api/sessions";
import { useResource } from "../data/resource";
import { useLive } from "../live/live";
import { lastSession } from "../state/prefs";
import { t } from "../text/en";
import { SearchBox } from "../ui/bits";
import { Icon } from "../ui/icon";
import { TONES } from "../ui/session-state";
import { VirtualList } from "../ui/virtual-list";
import { go, OF_SESSION, type Place, to } from "./router";

export function SessionPicker({ place }: { place: Place }) {
  const id = useId();
  const sessions = useResource("sessions", fetchSessions);
  const button = useRef<HTMLButtonElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const [isOpen, setOpen] = useState(false);
  const [search, setSearch] = useState("");
  useLive(["session.status", "connection.update"], sessions.reload);

  const [page = "", shown = ""] = place.parts;
  useEffect(() => {
    if (OF_SESSION.includes(page) && shown) lastSession.value = shown;
  }, [page, shown]);

  // What is remembered may be gone: then the first one.
  useEffect(() => {
    if (!sessions.data) return;
    if (sessions.data.some((session) => session.slug === lastSession.peek())) return;
    lastSession.value = sessions.data[0]?.slug ?? "";
  }, [sessions.data]);

  useEffect(() => {
    if (!isOpen || !list.current || !button.current) return;
    const place = button.current.getBoundingClientRect();
    list.current.style.left = `${place.left}px`;
    list.current.style.top = `${place.bottom + 4}px`;
    list.current.style.width = `${Math.max(place.width, 264)}px`;
    list.current.querySelector("input")?.focus();
  }, [isOpen]);

  const found = useMemo(() => {
    const wanted = search.trim().toLowerCase();
    return (sessions.data ?? []).filter((one) => `${one.name} ${one.slug}`.toLowerCase().includes(wanted));
  }, [sessions.data, search]);

  const current = sessions.data?.find((session) => session.slug === lastSession.value);
  if (!current) return null;

  const choose = (session: Session) => {
    list.current?.hidePopover();
    button.current?.focus();
    lastSession.value = session.slug;
    if (OF_SESSION.includes(page)) go(to(page, session.slug));
  };

  return (
    <div class="picker">
      <h2 id={`${id}-label`}>{t.nav.session}</h2>
      <button
        ref={button}
        type="button"
        class="picker-button"
        popovertarget={id}
        aria-expanded={isOpen}
        aria-haspopup="dialog"
        aria-describedby={`${id}-label`}
      >
        <span class={`dot ${TONES[current.status]}`} aria-hidden="true" />
        <span class="picker-name">
          <bdi>{current.name}</bdi>
        </span>
        <Icon of={ChevronsUpDown} size={14} />
      </button>
      <div
        ref={list}
        id={id}
        popover="auto"
        role="dialog"
        aria-label={t.nav.chooseSession}
        class="picker-list"
        onToggle={(event) => setOpen((event as unknown as { newState: string }).newState === "open")}
      >
        {isOpen ? (
          <>
            <SearchBox value={search} onInput={setSearch} label={t.nav.searchSessions} />
            {found.length === 0 ? <p class="faint pad">{t.states.nothingFound}</p> : null}
            <VirtualList
              items={found}
              rowHeight={44}
              keyOf={(one) => one.id}
              label={t.nav.chooseSession}
              current={current.id}
            >
              {(session, row) => (
                <button
                  type="button"
                  data-row
                  tabIndex={row.tabIndex}
                  class="picker-row"
                  aria-current={session.id === current.id ? "true" : undefined}
                  onClick={() => choose(session)}
                >
                  <span class={`dot ${TONES[session.status]}`} aria-hidden="true" />
                  <span>
                    <bdi>{session.name}</bdi>
                    <small>
                      {session.slug} · {t.status[session.status]}
                    </small>
                  </span>
                </button>
              )}
            </VirtualList>
          </>
        ) : null}
      </div>
    </div>
  );
}
