/** What the people and groups of a session are called: the list of chats knows. */

import { useCallback, useMemo } from "preact/hooks";
import { fetchChats } from "../api/chats";
import { order } from "../logic/chat-list";
import { clean } from "../logic/filename";
import { bare, display } from "../logic/jid";
import { useResource } from "./resource";

export function useNames(session: string): (jid: string) => string {
  const chats = useResource(`chats:${session}`, async (signal) => order(await fetchChats(session, signal)));
  const known = useMemo(() => new Map((chats.data ?? []).map((chat) => [chat.jid, chat.name])), [chats.data]);
  return useCallback((jid: string) => clean(known.get(bare(jid)) ?? "") || display(jid), [known]);
}
