/** One notification. */

import { CircleAlert, CircleCheck, type IconNode, Info, Trash2, TriangleAlert } from "lucide";
import { deleteNote, markNotesRead, type Note } from "../api/admin";
import { invalidate } from "../data/resource";
import { ownPage } from "../logic/links";
import { attempt } from "../state/toasts";
import { t } from "../text/en";
import { Ago } from "./bits";
import { IconButton } from "./button";
import { Icon } from "./icon";

const ICONS: Record<string, [IconNode, string]> = {
  SUCCESS: [CircleCheck, "ok"],
  WARNING: [TriangleAlert, "warn"],
  ERROR: [CircleAlert, "bad"],
};

export function NoteRow({ note, onOpen, isFull }: { note: Note; onOpen?: () => void; isFull?: boolean }) {
  const [icon, tone] = ICONS[note.type] ?? [Info, "info"];
  const href = ownPage(note.href);
  const read = () => {
    if (!note.isRead) void attempt(() => markNotesRead([note.id])).then(() => invalidate("notes"));
    onOpen?.();
  };
  const drop = async () => {
    if (await attempt(() => deleteNote(note.id))) invalidate("notes");
  };
  return (
    <li class={note.isRead ? "note" : "note unread"}>
      <Icon of={icon} class={tone} />
      <div>
        <p class="note-title">
          {href ? (
            <a href={href} onClick={read}>
              {note.title}
            </a>
          ) : (
            note.title
          )}
          {note.isRead ? null : <span class="unseen">{t.notes.unread}</span>}
        </p>
        <p class="note-text">{note.message}</p>
        <p class="faint small">
          <Ago at={note.at} />
        </p>
      </div>
      {isFull ? (
        <div class="row-actions">
          {note.isRead ? null : <IconButton icon={CircleCheck} label={t.notes.markRead} isSmall onClick={read} />}
          <IconButton icon={Trash2} label={t.actions.delete} isSmall onClick={drop} />
        </div>
      ) : null}
    </li>
  );
}
