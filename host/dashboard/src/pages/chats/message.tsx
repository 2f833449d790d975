/** One message, and what can be done to it. */

import { Copy, Forward, MessageSquareReply, Pencil, SmilePlus, Trash2 } from "lucide";
import { useState } from "preact/hooks";
import { deleteMessage, type Message, react } from "../../api/chats";
import { clean } from "../../logic/filename";
import { atClock, atFull, pick } from "../../logic/format";
import { display, kindOf } from "../../logic/jid";
import { counted, type Row } from "../../logic/thread";
import { attempt, done } from "../../state/toasts";
import { t } from "../../text/en";
import { copyText } from "../../ui/bits";
import { IconButton } from "../../ui/button";
import { confirm } from "../../ui/confirm";
import { Markup } from "../../ui/markup";
import { memo } from "../../ui/memo";
import { Menu } from "../../ui/menu";
import { TickMark } from "../../ui/ticks";
import { snippet } from "./chat-row";
import { ForwardDialog } from "./forward";
import { Media } from "./media";

const QUICK = ["👍", "❤️", "😂", "😮", "😢", "🙏"];
/** What the API puts where the words were. */
const DELETED = "[This message was deleted]";
/** What the text of the message is part of; shown beside, not as text. */
const WITH_MEDIA = ["IMAGE", "VIDEO", "AUDIO", "DOCUMENT", "STICKER", "LOCATION", "CONTACT"];

interface Props {
  row: Row;
  day: string | null;
  session: string;
  jid: string;
  isActive: boolean;
  /** Was asked for by its address. */
  isMarked: boolean;
  /** Stable functions, all of them: a message is drawn again only when it changed itself. */
  onFocus: (key: string) => void;
  onReply: (message: Message) => void;
  onEdit: (message: Message) => void;
  onChanged: () => void;
}

function Item(props: Props) {
  const { row, day, session, jid, isActive, isMarked } = props;
  const { message } = row;
  const isGroup = kindOf(jid) === "group";
  const who = message.fromMe ? t.chats.you : senderOf(message);
  const names = [
    "msg",
    message.fromMe ? "out" : "in",
    row.first ? "first" : "",
    row.last ? "last" : "",
    isMarked ? "marked" : "",
  ];
  return (
    <>
      {day ? (
        <p class="day">
          <span>{day}</span>
        </p>
      ) : null}
      <article
        class={names.filter(Boolean).join(" ")}
        data-key={message.key}
        tabIndex={isActive ? 0 : -1}
        aria-label={`${who}, ${atFull(message.at)}`}
        onFocus={() => props.onFocus(message.key)}
      >
        <div class="bubble">
          {isGroup && !message.fromMe && row.first ? (
            <p class={`msg-sender hue-text-${pick(message.sender ?? "", 8)}`}>{<bdi>{who}</bdi>}</p>
          ) : null}
          {message.deletedAt ? <Deleted message={message} /> : <Content message={message} session={session} />}
          <p class="msg-meta">
            {message.editedAt && !message.deletedAt ? <span>{t.chats.edited}</span> : null}
            <time dateTime={new Date(message.at).toISOString()} title={atFull(message.at)}>
              {atClock(message.at)}
            </time>
            {message.fromMe ? <TickMark of={message.ticks} /> : null}
          </p>
          <Reactions message={message} />
        </div>
        {message.deletedAt ? null : <Tools {...props} />}
      </article>
    </>
  );
}

export const MessageItem = memo(Item, (before, after) => {
  const a = before.row;
  const b = after.row;
  const isRowSame = a.message === b.message && a.first === b.first && a.last === b.last;
  return (
    isRowSame &&
    before.day === after.day &&
    before.isActive === after.isActive &&
    before.isMarked === after.isMarked &&
    before.onReply === after.onReply &&
    before.onEdit === after.onEdit &&
    before.onChanged === after.onChanged
  );
});

/** With the session's setting to keep them, the words of a deleted message are still there. */
function Deleted({ message }: { message: Message }) {
  const isKept = message.content !== null && message.content !== DELETED;
  return (
    <>
      {isKept ? (
        <p class="msg-text kept">
          <Markup text={message.content ?? ""} />
        </p>
      ) : null}
      <p class="msg-deleted">{t.chats.deleted}</p>
    </>
  );
}

function senderOf(message: Message): string {
  return clean(message.senderName ?? "") || display(message.sender ?? message.chat);
}

function Content({ message, session }: { message: Message; session: string }) {
  const hasMedia = WITH_MEDIA.includes(message.type);
  // Of a place, a card or a document the text is what the picture says already.
  const isOwnText =
    hasMedia &&
    (message.type === "LOCATION" || message.type === "CONTACT" || (message.type === "DOCUMENT" && !message.fileName));
  const text = isOwnText ? null : message.content;
  return (
    <>
      {message.quoteId ? (
        <blockquote class="quoted">{message.quoted ? snippet("TEXT", message.quoted) : t.chats.quoted}</blockquote>
      ) : null}
      {hasMedia ? <Media message={message} session={session} /> : null}
      {text && text !== message.fileName ? (
        <p class="msg-text">
          <Markup text={text} />
        </p>
      ) : null}
      {!hasMedia && !message.content ? <p class="msg-deleted">{t.chats.unsupported}</p> : null}
    </>
  );
}

function Reactions({ message }: { message: Message }) {
  const all = counted(message);
  if (all.length === 0) return null;
  return (
    <ul class="reactions" aria-label={t.chats.reactions}>
      {all.map((one) => (
        <li key={one.emoji} class={one.mine ? "mine" : undefined}>
          {one.emoji}
          {one.count > 1 ? <span>{one.count}</span> : null}
        </li>
      ))}
    </ul>
  );
}

function Tools({ row, session, jid, isActive, onReply, onEdit, onChanged }: Props) {
  const { message } = row;
  const [isForwarding, setForwarding] = useState(false);
  const tabIndex = isActive ? 0 : -1;
  const mine = message.reactions.find((one) => one.fromMe)?.emoji;

  const reactWith = async (emoji: string) => {
    if (await attempt(() => react(session, jid, message.key, emoji === mine ? "" : emoji))) onChanged();
  };
  const erase = async () => {
    const isSure = await confirm({
      title: t.chats.deleteTitle,
      text: <p>{t.chats.deleteText}</p>,
      verb: t.chats.deleteForAll,
      isDanger: true,
    });
    if (isSure && (await attempt(() => deleteMessage(session, jid, message.key), t.chats.deletedDone))) onChanged();
  };
  return (
    <div class="msg-tools">
      <Menu
        label={t.chats.react}
        icon={SmilePlus}
        tabIndex={tabIndex}
        listClass="emoji-menu"
        items={QUICK.map((emoji) => ({ label: emoji, isOn: emoji === mine, onClick: () => reactWith(emoji) }))}
      />
      <IconButton
        icon={MessageSquareReply}
        label={t.chats.reply}
        tabIndex={tabIndex}
        onClick={() => onReply(message)}
      />
      <Menu
        label={t.chats.messageMenu}
        tabIndex={tabIndex}
        items={[
          message.content !== null && {
            label: t.chats.copyText,
            icon: Copy,
            onClick: () => copyText(message.content ?? "").then(() => done(t.actions.copied)),
          },
          { label: t.chats.forward, icon: Forward, onClick: () => setForwarding(true) },
          message.fromMe &&
            message.type === "TEXT" && { label: t.chats.edit, icon: Pencil, onClick: () => onEdit(message) },
          {
            label: t.chats.copyId,
            icon: Copy,
            onClick: () => copyText(message.key).then(() => done(t.actions.copied)),
          },
          message.fromMe && { label: t.chats.deleteForAll, icon: Trash2, isDanger: true, onClick: erase },
        ]}
      />
      {isForwarding ? <ForwardDialog session={session} message={message} onClose={() => setForwarding(false)} /> : null}
    </div>
  );
}
