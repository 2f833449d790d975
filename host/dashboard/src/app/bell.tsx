/** How many notes are unread, and the newest of them. */

import { Bell as BellIcon } from "lucide";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { fetchNotes, markNotesRead } from "../api/admin";
import { invalidate, useResource } from "../data/resource";
import { useLive } from "../live/live";
import { attempt } from "../state/toasts";
import { t } from "../text/en";
import { Button } from "../ui/button";
import { Icon } from "../ui/icon";
import { NoteRow } from "../ui/note";

const SHOWN = 6;

export function Bell() {
  const id = useId();
  const notes = useResource("notes", fetchNotes, 60_000);
  const [isOpen, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const panel = useRef<HTMLDivElement>(null);
  useLive(["notification.*"], notes.reload);

  useEffect(() => {
    if (!isOpen || !panel.current || !button.current) return;
    const at = button.current.getBoundingClientRect();
    const width = panel.current.getBoundingClientRect().width;
    panel.current.style.top = `${at.bottom + 6}px`;
    panel.current.style.left = `${Math.max(8, Math.min(at.left, window.innerWidth - width - 8))}px`;
  }, [isOpen]);

  const unread = (notes.data ?? []).filter((note) => !note.isRead);
  const label = unread.length > 0 ? t.notes.bellUnread(unread.length) : t.notes.bell;
  const readAll = async () => {
    if (await attempt(() => markNotesRead([]))) invalidate("notes");
  };
  return (
    <>
      <button
        ref={button}
        type="button"
        class="button quiet only-icon bell"
        popovertarget={id}
        aria-label={label}
        title={label}
      >
        <Icon of={BellIcon} size={17} />
        {unread.length > 0 ? (
          // Drawn, not written: "9+" is not what the button is called.
          <span class="bell-count" data-count={unread.length > 9 ? "9+" : unread.length} />
        ) : null}
      </button>
      <div
        ref={panel}
        id={id}
        popover="auto"
        role="dialog"
        aria-label={t.notes.title}
        class="panel-pop"
        onToggle={(event) => setOpen((event as unknown as { newState: string }).newState === "open")}
      >
        {isOpen ? (
          <>
            <header>
              <h2>{t.notes.title}</h2>
              {unread.length > 0 ? (
                <Button isSmall look="quiet" onClick={readAll}>
                  {t.notes.readAll}
                </Button>
              ) : null}
            </header>
            {(notes.data ?? []).length === 0 ? <p class="faint pad">{t.notes.none}</p> : null}
            <ul class="notes">
              {(notes.data ?? []).slice(0, SHOWN).map((note) => (
                <NoteRow key={note.id} note={note} onOpen={() => panel.current?.hidePopover()} />
              ))}
            </ul>
            <a class="panel-more" href="#/notifications" onClick={() => panel.current?.hidePopover()}>
              {t.notes.all}
            </a>
          </>
        ) : null}
      </div>
    </>
  );
}
