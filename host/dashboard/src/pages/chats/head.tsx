import {
  Archive,
  ArchiveRestore,
  ArrowLeft,
  BellOff,
  BellRing,
  CheckCheck,
  Copy,
  Eye,
  Info,
  Pin,
  PinOff,
  Tags,
  UsersRound,
} from "lucide";
import { useState } from "preact/hooks";
import { type Chat, setArchived, setMuted, setPinned } from "../../api/chats";
import { to } from "../../app/router";
import { invalidate } from "../../data/resource";
import { display, kindOf } from "../../logic/jid";
import { now } from "../../state/now";
import { readOnOpen } from "../../state/prefs";
import { attempt, done } from "../../state/toasts";
import { t } from "../../text/en";
import { Avatar, copyText } from "../../ui/bits";
import { Button } from "../../ui/button";
import { Icon } from "../../ui/icon";
import { Menu } from "../../ui/menu";
import { nameOf } from "./chat-row";
import { ChatLabels } from "./labels";

interface Props {
  session: string;
  jid: string;
  chat: Chat | null;
  typing: string | null;
  unread: number;
  onRead: () => Promise<void>;
}

export function ConversationHead({ session, jid, chat, typing, unread, onRead }: Props) {
  const [isLabelling, setLabelling] = useState(false);
  const name = nameOf(chat ?? { name: null, jid });
  const isGroup = kindOf(jid) === "group";
  const isMuted = (chat?.mutedUntil ?? 0) > now.value;
  const change = async (what: () => Promise<void>, success: string) => {
    if (await attempt(what, success)) invalidate(`chats:${session}`);
  };
  return (
    <header class="conversation-head">
      <a
        class="button quiet only-icon back-button"
        href={to("chats", session)}
        aria-label={t.chats.back}
        title={t.chats.back}
      >
        <Icon of={ArrowLeft} />
      </a>
      {isGroup ? (
        <Avatar name={name} id={jid} size={36} icon={UsersRound} />
      ) : (
        <Avatar name={name} id={jid} size={36} />
      )}
      <div class="conversation-name">
        <h2>
          <bdi>{name}</bdi>
        </h2>
        <p aria-live="polite">
          {typing ? (
            <span class="typing">{typing}</span>
          ) : isGroup ? (
            t.chats.group
          ) : name === display(jid) ? (
            ""
          ) : (
            display(jid)
          )}
        </p>
      </div>
      {unread > 0 ? (
        <Button isSmall icon={CheckCheck} onClick={onRead} title={t.chats.markReadText}>
          {t.chats.markRead}
        </Button>
      ) : null}
      <Menu
        label={t.chats.menu}
        items={[
          isGroup && { label: t.chats.groupInfo, icon: Info, href: to("groups", session, jid) },
          { label: t.chats.labels, icon: Tags, onClick: () => setLabelling(true) },
          chat && {
            label: chat.isPinned ? t.chats.unpin : t.chats.pin,
            icon: chat.isPinned ? PinOff : Pin,
            onClick: () =>
              change(() => setPinned(session, jid, !chat.isPinned), chat.isPinned ? t.chats.unpinned : t.chats.pinned),
          },
          chat && {
            label: isMuted ? t.chats.unmute : t.chats.mute,
            icon: isMuted ? BellRing : BellOff,
            onClick: () => change(() => setMuted(session, jid, !isMuted), isMuted ? t.chats.unmuted : t.chats.muted),
          },
          chat && {
            label: chat.isArchived ? t.chats.unarchive : t.chats.archive,
            icon: chat.isArchived ? ArchiveRestore : Archive,
            onClick: () =>
              change(
                () => setArchived(session, jid, !chat.isArchived),
                chat.isArchived ? t.chats.unarchived : t.chats.archived,
              ),
          },
          { label: t.chats.copyJid, icon: Copy, onClick: () => copyText(jid).then(() => done(t.actions.copied)) },
          {
            label: t.chats.readOnOpen,
            icon: Eye,
            isOn: readOnOpen.value === "yes",
            onClick: () => {
              readOnOpen.value = readOnOpen.value === "yes" ? "no" : "yes";
            },
          },
        ]}
      />
      {isLabelling ? <ChatLabels session={session} jid={jid} onClose={() => setLabelling(false)} /> : null}
    </header>
  );
}
