/** The chats of a session on the left, one of them on the right. On a phone one after the other. */

import "./chats.css";

import { MessageCircle } from "lucide";
import { useCallback, useEffect, useRef } from "preact/hooks";
import type { PageProps } from "../../app/routes";
import { useChats } from "../../data/names";
import { liveState, useLive } from "../../live/live";
import { isChat, isFromMe, withMessage, withStatus } from "../../logic/chat-list";
import { bare } from "../../logic/jid";
import { readOnOpen } from "../../state/prefs";
import { t } from "../../text/en";
import { useTitle } from "../../ui/page";
import { Empty } from "../../ui/states";
import { Conversation } from "./conversation";
import { ChatList } from "./list";

/** Events that say too little to change the list by hand load it again, this often at most. */
const RELOAD_MS = 2_000;

export default function Chats({ place }: PageProps) {
  const session = place.parts[1] ?? "";
  const jid = place.parts[2] ? bare(place.parts[2]) : null;
  const chats = useChats(session, liveState.value === "open" ? 0 : 5_000);
  useTitle(t.chats.title);

  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  useEffect(() => () => clearTimeout(timer.current ?? undefined), []);
  const reloadSoon = useCallback(() => {
    timer.current ??= setTimeout(() => {
      timer.current = null;
      chats.reload();
    }, RELOAD_MS);
  }, [chats.reload]);

  useLive(["message.*", "chat.updated", "contact.update", "group.update", "label.*"], ({ event, sessionId, data }) => {
    if (sessionId !== session) return;
    if (event === "message.status") chats.mutate((list) => withStatus(list, data));
    else if (event === "message.received" || event === "message.sent") {
      if (!isChat(data)) return;
      const isOpen = document.visibilityState === "visible" && jid !== null;
      chats.mutate((list) => {
        const fromMe = event === "message.sent" || isFromMe(data);
        const next = withMessage(list, data, { fromMe, isOpen: false });
        if (next === null) chats.reload();
        return next ?? list;
      });
      // The gateway knows whether an open chat counts as read.
      if (isOpen) reloadSoon();
    } else reloadSoon();
  });

  const chat = chats.data?.find((one) => one.jid === jid) ?? null;
  return (
    <div class={jid ? "split open" : "split"}>
      <h1 class="unseen">{t.chats.title}</h1>
      <ChatList session={session} chats={chats} current={jid} />
      {jid ? (
        <Conversation key={`${session}|${jid}`} session={session} jid={jid} chat={chat} at={place.query.get("at")} />
      ) : (
        <section class="split-detail">
          <Empty icon={MessageCircle} title={t.chats.chooseTitle}>
            <p>
              {t.chats.chooseText} {readOnOpen.value === "no" ? t.chats.chooseSilent : ""}
            </p>
          </Empty>
        </section>
      )}
    </div>
  );
}
