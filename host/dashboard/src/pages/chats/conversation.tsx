/** One chat: its messages, live, and the line to write on. */

import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import { type Chat, fetchMessages, type Message, markRead, searchMessages } from "../../api/chats";
import { record, text } from "../../api/read";
import { invalidate, useResource } from "../../data/resource";
import { liveState, useLive } from "../../live/live";
import { chatOf } from "../../logic/chat-list";
import { isSame } from "../../logic/jid";
import { merge, patched, reused } from "../../logic/thread";
import { outbox, settle } from "../../state/outbox";
import { readOnOpen } from "../../state/prefs";
import { attempt } from "../../state/toasts";
import { t } from "../../text/en";
import { Failure, Skeleton } from "../../ui/states";
import { Composer } from "./composer";
import { ConversationHead } from "./head";
import { Thread } from "./thread";

/** How many the gateway answers with at most. */
const PAGE = 100;
/** A message may bring several events: the chat is loaded once for all of them. */
const SETTLE_MS = 250;
const TYPING_MS = 12_000;

export function Conversation({
  session,
  jid,
  chat,
  at,
}: {
  session: string;
  jid: string;
  chat: Chat | null;
  at: string | null;
}) {
  const key = `messages:${session}:${jid}`;
  const newest = useResource(
    key,
    (signal) => fetchMessages(session, jid, signal),
    liveState.value === "open" ? 0 : 4_000,
  );
  const [older, setOlder] = useState<Message[]>([]);
  const [pages, setPages] = useState<{ next: number; isDone: boolean; isBusy: boolean }>({
    next: 2,
    isDone: false,
    isBusy: false,
  });
  const [quoted, setQuoted] = useState<Message | null>(null);
  const [editing, setEditing] = useState<Message | null>(null);
  const [typing, setTyping] = useState<string | null>(null);
  const timers = useRef<{
    reload?: ReturnType<typeof setTimeout> | undefined;
    typing?: ReturnType<typeof setTimeout> | undefined;
  }>({});
  useEffect(
    () => () => {
      clearTimeout(timers.current.reload);
      clearTimeout(timers.current.typing);
    },
    [],
  );

  const shown = useRef<Message[]>([]);
  useLive(["message.*", "poll.voted", "presence.updated"], ({ event, sessionId, data }) => {
    if (sessionId !== session) return;
    if (event === "presence.updated") {
      const who = text(data.remoteJid) || text(data.chat) || text(data.jid);
      if (who === "" || !isSame(who, jid)) return;
      const state = text(data.presence) || text(data.state);
      clearTimeout(timers.current.typing);
      setTyping(state === "composing" ? t.chats.typing : state === "recording" ? t.chats.recording : null);
      timers.current.typing = setTimeout(() => setTyping(null), TYPING_MS);
      return;
    }
    newest.mutate((list) => patched(list, event, data));
    setOlder((list) => patched(list, event, data));
    const where = chatOf(data);
    if (where !== "" && where !== jid && !isAlias(data, jid)) return;
    // About a message that is not here yet: the list on its way may have been read before it.
    if (event === "message.status" && shown.current.some((one) => one.key === text(data.keyId))) return;
    if (event === "message.received") setTyping(null);
    timers.current.reload ??= setTimeout(() => {
      timers.current.reload = undefined;
      newest.reload();
    }, SETTLE_MS);
  });

  const messages = useMemo(() => {
    shown.current = reused(shown.current, merge(older, newest.data ?? []));
    return shown.current;
  }, [older, newest.data]);
  useEffect(() => settle(new Set(messages.map((one) => one.key))), [messages]);
  const onTheirWay = outbox.value.filter((one) => one.session === session && one.jid === jid);

  const hasOlder = !pages.isDone && (newest.data?.length ?? 0) >= PAGE;
  const loadOlder = useCallback(async () => {
    if (pages.isBusy || pages.isDone) return;
    setPages((now) => ({ ...now, isBusy: true }));
    const isLoaded = await attempt(async () => {
      const found = await searchMessages(session, { jid, page: pages.next, limit: PAGE });
      setOlder((list) => merge(found.messages.toReversed(), list));
      setPages({
        next: pages.next + 1,
        isDone: found.messages.length === 0 || found.page >= found.pages,
        isBusy: false,
      });
    });
    if (!isLoaded) setPages((now) => ({ ...now, isBusy: false }));
  }, [session, jid, pages]);

  const unread = chat?.unread ?? 0;
  const read = useCallback(async () => {
    if (await attempt(() => markRead(session, jid))) invalidate(`chats:${session}`);
  }, [session, jid]);
  useEffect(() => {
    if (unread > 0 && readOnOpen.value === "yes" && document.visibilityState === "visible") void read();
  }, [unread, read]);

  const reply = useCallback((message: Message) => {
    setEditing(null);
    setQuoted(message);
  }, []);
  const edit = useCallback((message: Message) => {
    setQuoted(null);
    setEditing(message);
  }, []);

  return (
    <section class="split-detail conversation" aria-label={t.chats.conversation}>
      <ConversationHead session={session} jid={jid} chat={chat} typing={typing} unread={unread} onRead={read} />
      {newest.data === undefined ? (
        newest.error ? (
          <Failure error={newest.error} onRetry={newest.reload} />
        ) : (
          <Skeleton rows={7} />
        )
      ) : (
        <Thread
          session={session}
          jid={jid}
          messages={messages}
          onTheirWay={onTheirWay}
          at={at}
          hasOlder={hasOlder}
          isLoadingOlder={pages.isBusy}
          onOlder={loadOlder}
          onReply={reply}
          onEdit={edit}
          onChanged={newest.reload}
        />
      )}
      <Composer
        session={session}
        jid={jid}
        quoted={quoted}
        editing={editing}
        onDone={() => {
          setQuoted(null);
          setEditing(null);
        }}
        onEdited={newest.reload}
      />
    </section>
  );
}

/** The other address of the same person, where the event names it. */
function isAlias(data: Record<string, unknown>, jid: string): boolean {
  const key = record(data.key);
  return [key.remoteJidAlt, data.remoteJidAlt, data.from, data.chat].some(
    (one) => typeof one === "string" && isSame(one, jid),
  );
}
