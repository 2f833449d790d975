/** The chats of a session, and what its people and groups are called: the list of chats knows. */

import { useCallback, useMemo } from "preact/hooks";
import { type Chat, fetchChats } from "../api/chats";
import { order } from "../logic/chat-list";
import { clean } from "../logic/filename";
import { bare, display } from "../logic/jid";
import { type Resource, useResource } from "./resource";

export function useChats(session: string, pollMs = 0): Resource<Chat[]> {
  return useResource(
    `chats:${session}`,
    async (signal, show) => order(await fetchChats(session, signal, (part) => show(order(part)))),
    pollMs,
  );
}

export function useNames(session: string): (jid: string) => string {
  const chats = useChats(session);
  const known = useMemo(() => new Map((chats.data ?? []).map((chat) => [chat.jid, chat.name])), [chats.data]);
  return useCallback((jid: string) => clean(known.get(bare(jid)) ?? "") || display(jid), [known]);
}
