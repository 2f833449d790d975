/** One chat on the phone. */

import { ArrowLeft, CheckCheck, Paperclip, Pencil, SendHorizontal, Trash2, UsersRound, X } from "lucide";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import {
  type Bubble,
  edit,
  fileOf,
  type Phone,
  phoneOf,
  reactWith,
  read,
  revoke,
  sendFile,
  typing,
  waitForSignals,
  write,
} from "../api/sandbox";
import { whenVisible } from "../live/visible";
import { shown } from "../logic/filename";
import { atClock, bytes, dayKey, dayLine } from "../logic/format";
import { display } from "../logic/jid";
import { now } from "../state/now";
import { attempt } from "../state/toasts";
import { t } from "../text/en";
import { Avatar } from "../ui/bits";
import { Button, IconButton } from "../ui/button";
import { Icon } from "../ui/icon";
import { Markup } from "../ui/markup";
import { Menu } from "../ui/menu";
import { TickMark } from "../ui/ticks";
import { snippet } from "./snippet";
import { type PhoneChat, place } from "./threads";

const EMOJI = ["👍", "❤️", "😂", "😮"];
const PAUSED_MS = 3_000;
const TYPING_MS = 10_000;
const WAIT_MS = 25_000;
/** Whoever is not further from the end than this, in pixels, wants to stay there. */
const NEAR_END = 60;

interface Props {
  phone: Phone;
  phones: Phone[];
  chat: PhoneChat;
  onChanged: () => void;
}

export function PhoneThread({ phone, phones, chat, onChanged }: Props) {
  const [text, setText] = useState("");
  const [quoted, setQuoted] = useState<Bubble | null>(null);
  const [editing, setEditing] = useState<Bubble | null>(null);
  const box = useRef<HTMLDivElement>(null);
  const picker = useRef<HTMLInputElement>(null);
  const line = useRef<HTMLInputElement>(null);
  const writes = useTyping(phone.number, chat.jid);
  const isTyping = useSignals(phone, phones, chat.jid);
  const size = chat.bubbles.length;

  // A new message moves the end; so does a reaction, for whoever is there.
  const isAtEnd = useRef(true);
  useLayoutEffect(() => {
    isAtEnd.current = true;
  }, [size]);
  useLayoutEffect(() => {
    if (box.current && isAtEnd.current) box.current.scrollTop = box.current.scrollHeight;
  }, [size, chat.bubbles]);
  const noteEnd = () => {
    const it = box.current;
    if (it) isAtEnd.current = it.scrollHeight - it.clientHeight - it.scrollTop < NEAR_END;
  };
  // The line to write on takes its room from here.
  useEffect(() => {
    const it = box.current;
    if (!it) return;
    const observer = new ResizeObserver(() => {
      if (isAtEnd.current) it.scrollTop = it.scrollHeight;
    });
    observer.observe(it);
    return () => observer.disconnect();
  }, []);
  // Once, for whoever opened the chat to write.
  useEffect(() => line.current?.focus(), []);

  const send = async () => {
    const words = text.trim();
    if (words === "") return;
    writes.paused();
    const target = editing;
    const isSent = await attempt(() =>
      target
        ? edit(phone.number, chat.jid, target.id, words)
        : write(phone.number, chat.jid, words, quoted?.id ?? null),
    );
    if (!isSent) return;
    setText("");
    setQuoted(null);
    setEditing(null);
    onChanged();
  };
  const act = async (what: () => Promise<void>) => {
    if (await attempt(what)) onChanged();
  };
  const about = editing ?? quoted;
  return (
    <>
      <header class="handset-head">
        <BackToChats phone={phone} />
        {chat.isGroup ? (
          <Avatar name={chat.name} id={chat.jid} size={32} icon={UsersRound} />
        ) : (
          <Avatar name={chat.name} id={chat.jid} size={32} />
        )}
        <div class="conversation-name">
          <h2>
            <bdi>{chat.name}</bdi>
          </h2>
          <p aria-live="polite">
            {isTyping ? <span class="typing">{t.chats.typing}</span> : chat.isGroup ? t.chats.group : display(chat.jid)}
          </p>
        </div>
        {chat.unread > 0 ? (
          <Button isSmall icon={CheckCheck} onClick={() => act(() => read(phone.number, chat.jid))}>
            {t.phone.read}
          </Button>
        ) : null}
      </header>
      {/* What scrolls has to be reached by the keyboard. */}
      <div ref={box} class="handset-thread" role="log" aria-label={t.chats.log} tabIndex={0} onScroll={noteEnd}>
        {size === 0 ? <p class="handset-empty">{t.phone.sayHello(chat.name)}</p> : null}
        {chat.bubbles.map((one, index) => (
          <Item
            key={`${one.fromMe}${one.id}`}
            one={one}
            before={chat.bubbles[index - 1]}
            phone={phone}
            phones={phones}
            chat={chat}
            onReply={() => {
              setEditing(null);
              setQuoted(one);
            }}
            onEdit={() => {
              setQuoted(null);
              setEditing(one);
              setText(one.text ?? "");
            }}
            act={act}
          />
        ))}
      </div>
      {about ? (
        <div class="composer-about">
          <div>
            <strong>{editing ? t.chats.editing : t.chats.replying}</strong>
            <p>{snippet(about)}</p>
          </div>
          <IconButton
            icon={X}
            label={t.actions.cancel}
            isSmall
            onClick={() => {
              setQuoted(null);
              setEditing(null);
            }}
          />
        </div>
      ) : null}
      <form
        class="handset-line"
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
      >
        <IconButton icon={Paperclip} label={t.chats.attach} onClick={() => picker.current?.click()} />
        <input
          ref={picker}
          type="file"
          hidden
          onChange={(event) => {
            const file = event.currentTarget.files?.[0];
            event.currentTarget.value = "";
            if (file) void act(() => sendFile(phone.number, chat.jid, file, text.trim()).then(() => setText("")));
          }}
        />
        <input
          ref={line}
          type="text"
          aria-label={t.phone.message}
          placeholder={t.phone.message}
          value={text}
          autocomplete="off"
          onInput={(event) => {
            setText(event.currentTarget.value);
            writes.composing();
          }}
        />
        <Button
          type="submit"
          look="primary"
          icon={SendHorizontal}
          aria-label={t.chats.send}
          title={t.chats.send}
          disabled={text.trim() === ""}
        />
      </form>
    </>
  );
}

function BackToChats({ phone }: { phone: Phone }) {
  return (
    <a class="button quiet only-icon" href={`#/phone/${phone.number}`} aria-label={t.phone.back} title={t.phone.back}>
      <Icon of={ArrowLeft} />
    </a>
  );
}

interface ItemProps {
  one: Bubble;
  before: Bubble | undefined;
  phone: Phone;
  phones: Phone[];
  chat: PhoneChat;
  onReply: () => void;
  onEdit: () => void;
  act: (what: () => Promise<void>) => Promise<void>;
}

function Item({ one, before, phone, phones, chat, onReply, onEdit, act }: ItemProps) {
  const isNewDay = !before || dayKey(before.at) !== dayKey(one.at);
  const sender = phoneOf(phones, one.sender)?.name ?? one.senderName ?? display(one.sender);
  return (
    <>
      {isNewDay ? (
        <p class="day">
          <span>{dayLine(one.at, now.value)}</span>
        </p>
      ) : null}
      <article
        class={`msg ${one.fromMe ? "out" : "in"} first last`}
        aria-label={`${one.fromMe ? t.chats.you : sender}, ${atClock(one.at)}`}
      >
        <div class="bubble">
          {chat.isGroup && !one.fromMe ? (
            <p class="msg-sender">
              <bdi>{sender}</bdi>
            </p>
          ) : null}
          {one.isRevoked ? (
            <p class="msg-deleted">{t.chats.deleted}</p>
          ) : (
            <>
              {one.quoted ? <blockquote class="quoted">{one.quoted}</blockquote> : null}
              {one.file ? <FileOf one={one} phone={phone} /> : null}
              {one.text ? (
                <p class="msg-text">
                  <Markup text={one.text} />
                </p>
              ) : null}
              {!one.file && !one.text ? <p class="msg-deleted">{snippet(one)}</p> : null}
            </>
          )}
          <p class="msg-meta">
            {one.isEdited ? <span>{t.chats.edited}</span> : null}
            <time>{atClock(one.at)}</time>
            {one.ticks ? <TickMark of={one.ticks} /> : null}
          </p>
          {one.reactions.length > 0 ? (
            <ul class="reactions" aria-label={t.chats.reactions}>
              {one.reactions.map((emoji, index) => (
                <li key={`${emoji}${index}`}>{emoji}</li>
              ))}
            </ul>
          ) : null}
        </div>
        {one.isRevoked ? null : (
          <div class="msg-tools">
            <Menu
              label={t.chats.messageMenu}
              items={[
                { label: t.chats.reply, onClick: onReply },
                ...EMOJI.map((emoji) => ({
                  label: t.phone.reactWith(emoji),
                  onClick: () => act(() => reactWith(phone.number, chat.jid, one.id, emoji)),
                })),
                one.fromMe && one.kind === "text" && { label: t.chats.edit, icon: Pencil, onClick: onEdit },
                one.fromMe && {
                  label: t.chats.deleteForAll,
                  icon: Trash2,
                  isDanger: true,
                  onClick: () => act(() => revoke(phone.number, chat.jid, one.id)),
                },
              ]}
            />
          </div>
        )}
      </article>
    </>
  );
}

function FileOf({ one, phone }: { one: Bubble; phone: Phone }) {
  const source = fileOf(phone.number, one.id);
  const [isBroken, setBroken] = useState(false);
  if ((one.kind === "image" || one.kind === "sticker") && !isBroken) {
    return (
      <img
        class={one.kind === "sticker" ? "media-sticker" : "media-image"}
        src={source}
        alt={t.phone.kinds[one.kind]}
        loading="lazy"
        onError={() => setBroken(true)}
      />
    );
  }
  // Nobody has written any.
  if (one.kind === "voice" || one.kind === "audio")
    return <audio class="media-audio" src={source} controls preload="none" />;
  // As above.
  if (one.kind === "video" || one.kind === "gif" || one.kind === "videoNote")
    return <video class="media-video" src={source} controls preload="metadata" />;
  return (
    <a class="file" href={source} download={shown(one.file?.name ?? "file")}>
      <Icon of={Paperclip} size={18} />
      <span>
        <bdi>{shown(one.file?.name || one.kind)}</bdi>
        <small>
          {[one.file?.mime, one.file?.bytes == null ? "" : bytes(one.file.bytes)].filter(Boolean).join(" · ")}
        </small>
      </span>
    </a>
  );
}

function useTyping(number: string, jid: string): { composing: () => void; paused: () => void } {
  const state = useRef<{ isOn: boolean; timer: ReturnType<typeof setTimeout> | undefined }>({
    isOn: false,
    timer: undefined,
  });
  const paused = () => {
    clearTimeout(state.current.timer);
    if (!state.current.isOn) return;
    state.current.isOn = false;
    typing(number, jid, "paused").catch(() => {});
  };
  const composing = () => {
    clearTimeout(state.current.timer);
    state.current.timer = setTimeout(paused, PAUSED_MS);
    if (state.current.isOn) return;
    state.current.isOn = true;
    typing(number, jid, "composing").catch(() => {});
  };
  // Once, at the end.
  useEffect(() => () => paused(), []);
  return { composing, paused };
}

/** Whether the other side is writing. A network that does not know ends the question. */
function useSignals(phone: Phone, phones: Phone[], jid: string): boolean {
  const [isTyping, setTyping] = useState(false);
  const known = useRef(phones);
  known.current = phones;
  useEffect(() => {
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const run = async () => {
      let after = 0;
      let isFirst = true;
      while (!abort.signal.aborted) {
        await whenVisible(abort.signal);
        if (abort.signal.aborted) return;
        const { signals, next } = await waitForSignals(phone.number, after, isFirst ? 0 : WAIT_MS, abort.signal);
        after = next;
        for (const one of isFirst ? [] : signals) {
          if (one.kind !== "typing" || (one.chat !== null && place(one.chat, known.current) !== jid)) continue;
          clearTimeout(timer);
          setTyping(one.what === "composing" || one.what === "recording");
          timer = setTimeout(() => setTyping(false), TYPING_MS);
        }
        isFirst = false;
      }
    };
    run().catch(() => {});
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [phone.number, jid]);
  return isTyping;
}
