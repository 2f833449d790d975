import { Archive, BellOff, Pin, UsersRound } from "lucide";
import type { Chat } from "../../api/chats";
import { to } from "../../app/router";
import { clean } from "../../logic/filename";
import { stamp } from "../../logic/format";
import { display, kindOf } from "../../logic/jid";
import { plain } from "../../logic/markup";
import { now } from "../../state/now";
import { t } from "../../text/en";
import { Avatar } from "../../ui/bits";
import { Icon } from "../../ui/icon";
import { TickMark } from "../../ui/ticks";
import type { RowPlace } from "../../ui/virtual-list";

export const nameOf = (chat: { name: string | null; jid: string }): string =>
  clean(chat.name ?? "") || display(chat.jid);

/** What stands for a message that has no text. */
export function snippet(type: string, content: string | null): string {
  const text = content ? plain(content.slice(0, 300)).replace(/\s+/g, " ") : "";
  const word = t.kinds[type as keyof typeof t.kinds];
  if (!word || type === "TEXT") return text;
  return text ? `${word}: ${text}` : word;
}

export function ChatRow({
  session,
  chat,
  isCurrent,
  row,
}: {
  session: string;
  chat: Chat;
  isCurrent: boolean;
  row: RowPlace;
}) {
  const name = nameOf(chat);
  const isMuted = (chat.mutedUntil ?? 0) > now.value;
  return (
    <a
      class="chat-row"
      data-row
      tabIndex={row.tabIndex}
      href={to("chats", session, chat.jid)}
      aria-current={isCurrent ? "true" : undefined}
    >
      {kindOf(chat.jid) === "group" ? (
        <Avatar name={name} id={chat.jid} size={40} icon={UsersRound} />
      ) : (
        <Avatar name={name} id={chat.jid} size={40} />
      )}
      <span class="chat-main">
        <span class="chat-line">
          <bdi class="chat-name">{name}</bdi>
          {chat.isPinned ? <Icon of={Pin} size={12} class="faint" /> : null}
          {isMuted ? <Icon of={BellOff} size={12} class="faint" /> : null}
          {chat.isArchived ? <Icon of={Archive} size={12} class="faint" /> : null}
          {chat.last && chat.last.at > 0 ? (
            <time class={chat.unread > 0 ? "chat-time new" : "chat-time"}>{stamp(chat.last.at, now.value)}</time>
          ) : null}
        </span>
        <span class="chat-line">
          {chat.last?.ticks ? <TickMark of={chat.last.ticks} /> : null}
          <bdi class="chat-snippet">{chat.last ? snippet(chat.last.type, chat.last.content) : ""}</bdi>
          {chat.unread > 0 ? (
            <span class="count" role="img" aria-label={t.chats.unread(chat.unread)}>
              {chat.unread > 99 ? "99+" : chat.unread}
            </span>
          ) : null}
        </span>
      </span>
    </a>
  );
}
