/** The line to write on: Enter sends, Shift+Enter starts a line; files by button, drop or paste. */

import { ChartBar, FileText, Image, MapPin, Music, Paperclip, SendHorizontal, Sticker, X } from "lucide";
import { useEffect, useRef, useState } from "preact/hooks";
import { editMessage, type MediaKind, type Message, setPresence } from "../../api/chats";
import { queue } from "../../state/outbox";
import { attempt } from "../../state/toasts";
import { t } from "../../text/en";
import { IconButton } from "../../ui/button";
import { Menu } from "../../ui/menu";
import { snippet } from "./chat-row";
import { kindFor, SendFile } from "./send-file";
import { SendLocation } from "./send-location";
import { SendPoll } from "./send-poll";

/** "Is writing" is said again after this, and taken back after the other. */
const COMPOSING_MS = 8_000;
const PAUSED_MS = 4_000;
const TALLEST = 180;

interface Props {
  session: string;
  jid: string;
  quoted: Message | null;
  editing: Message | null;
  onDone: () => void;
  onEdited: () => void;
}

/** What was begun in each chat stays while the page does. */
const drafts = new Map<string, string>();

export function Composer({ session, jid, quoted, editing, onDone, onEdited }: Props) {
  const place = `${session}|${jid}`;
  const [text, setText] = useState(drafts.get(place) ?? "");
  const [file, setFile] = useState<{ file: File; kind: MediaKind } | null>(null);
  const [extra, setExtra] = useState<"poll" | "location" | null>(null);
  const [isDropping, setDropping] = useState(false);
  const area = useRef<HTMLTextAreaElement>(null);
  const picker = useRef<HTMLInputElement>(null);
  const kind = useRef<MediaKind | null>(null);
  const typing = useTyping(session, jid);

  useEffect(() => {
    if (editing) setText(editing.content ?? "");
    if (editing || quoted) area.current?.focus();
  }, [editing, quoted]);

  // The text decides the height.
  useEffect(() => {
    const element = area.current;
    if (!element) return;
    element.style.height = "auto";
    element.style.height = `${Math.min(TALLEST, element.scrollHeight)}px`;
  }, [text]);

  const write = (next: string) => {
    setText(next);
    if (!editing) drafts.set(place, next);
    if (next.trim() !== "") typing.composing();
  };

  const finish = () => {
    setText(editing ? (drafts.get(place) ?? "") : "");
    if (!editing) drafts.delete(place);
    onDone();
  };

  const send = () => {
    const content = text.trim();
    if (content === "") return;
    typing.paused();
    if (!editing) {
      queue({ session, jid, text: content, file: null, quoted });
      finish();
      return;
    }
    const { key } = editing;
    void attempt(() => editMessage(session, jid, key, content), t.chats.editedDone).then((isDone) => {
      if (!isDone) return;
      finish();
      onEdited();
    });
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      send();
    } else if (event.key === "Escape" && (quoted || editing)) {
      event.preventDefault();
      finish();
    }
  };

  const pick = (wanted: MediaKind, accept: string) => {
    const input = picker.current;
    if (!input) return;
    kind.current = wanted;
    input.accept = accept;
    input.click();
  };
  const take = (found: File | null | undefined, wanted?: MediaKind | null) => {
    if (found) setFile({ file: found, kind: wanted ?? kindFor(found) });
  };

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: files may be dropped here as well
    <div
      class={isDropping ? "composer dropping" : "composer"}
      onDragOver={(event) => {
        if (!event.dataTransfer?.types.includes("Files")) return;
        event.preventDefault();
        setDropping(true);
      }}
      onDragLeave={() => setDropping(false)}
      onDrop={(event) => {
        event.preventDefault();
        setDropping(false);
        take(event.dataTransfer?.files[0]);
      }}
    >
      {quoted || editing ? (
        <div class="composer-about">
          <div>
            <strong>{editing ? t.chats.editing : t.chats.replying}</strong>
            <p>{snippet((editing ?? quoted)?.type ?? "TEXT", (editing ?? quoted)?.content ?? null)}</p>
          </div>
          <IconButton icon={X} label={t.actions.cancel} onClick={finish} />
        </div>
      ) : null}
      <div class="composer-line">
        <Menu
          label={t.chats.attach}
          icon={Paperclip}
          items={[
            { label: t.chats.photo, icon: Image, onClick: () => pick("image", "image/*,video/*") },
            { label: t.chats.document, icon: FileText, onClick: () => pick("document", "") },
            { label: t.chats.audio, icon: Music, onClick: () => pick("audio", "audio/*") },
            { label: t.chats.sticker, icon: Sticker, onClick: () => pick("sticker", "image/*") },
            { label: t.chats.poll, icon: ChartBar, onClick: () => setExtra("poll") },
            { label: t.chats.location, icon: MapPin, onClick: () => setExtra("location") },
          ]}
        />
        <input
          ref={picker}
          type="file"
          hidden
          onChange={(event) => {
            const found = event.currentTarget.files?.[0];
            const isFilm = kind.current === "image" && found?.type.startsWith("video/");
            take(found, isFilm ? "video" : kind.current);
            event.currentTarget.value = "";
          }}
        />
        <textarea
          ref={area}
          rows={1}
          aria-label={t.chats.write}
          placeholder={t.chats.write}
          value={text}
          onInput={(event) => write(event.currentTarget.value)}
          onKeyDown={onKeyDown}
          onBlur={typing.paused}
          onPaste={(event) => {
            const found = event.clipboardData?.files[0];
            if (!found) return;
            event.preventDefault();
            take(found);
          }}
        />
        <IconButton
          icon={SendHorizontal}
          label={editing ? t.chats.saveEdit : t.chats.send}
          look="primary"
          disabled={text.trim() === ""}
          onClick={send}
        />
      </div>
      {file ? (
        <SendFile
          file={file.file}
          kind={file.kind}
          onClose={() => setFile(null)}
          onSend={(media, caption) => {
            queue({ session, jid, text: caption, file: media, quoted });
            setFile(null);
            onDone();
          }}
        />
      ) : null}
      {extra === "poll" ? <SendPoll session={session} jid={jid} onClose={() => setExtra(null)} /> : null}
      {extra === "location" ? <SendLocation session={session} jid={jid} onClose={() => setExtra(null)} /> : null}
    </div>
  );
}

/** Tells the other side that somebody is writing. Nothing is said when it does not work: the message itself will. */
function useTyping(session: string, jid: string): { composing: () => void; paused: () => void } {
  const state = useRef<{ at: number; timer: ReturnType<typeof setTimeout> | undefined }>({ at: 0, timer: undefined });
  const paused = () => {
    clearTimeout(state.current.timer);
    if (state.current.at === 0) return;
    state.current.at = 0;
    setPresence(session, jid, "paused").catch(() => {});
  };
  const composing = () => {
    clearTimeout(state.current.timer);
    state.current.timer = setTimeout(paused, PAUSED_MS);
    if (Date.now() - state.current.at < COMPOSING_MS) return;
    state.current.at = Date.now();
    setPresence(session, jid, "composing").catch(() => {});
  };
  // Once, at the end.
  useEffect(() => () => paused(), []);
  return { composing, paused };
}
