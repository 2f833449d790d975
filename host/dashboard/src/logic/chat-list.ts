/** The list of chats, kept up to date by events, so that ten thousand of them are not loaded for each message. */

import type { Chat } from "../api/chats";
import { TICKS } from "../api/chats";
import { flag, type Json, oneOf, record, text, textOrNull, time } from "../api/read";
import { bare, kindOf } from "./jid";

export type ChatFilter = "all" | "unread" | "groups" | "archived";

export function order(chats: Chat[]): Chat[] {
  return [...chats].sort((a, b) => Number(b.isPinned) - Number(a.isPinned) || (b.last?.at ?? 0) - (a.last?.at ?? 0));
}

export function select(chats: Chat[], filter: ChatFilter, search: string): Chat[] {
  const wanted = search.trim().toLowerCase();
  const digits = wanted.replace(/[\s+()-]/g, "");
  return chats.filter((chat) => {
    if (wanted !== "")
      return `${chat.name ?? ""}`.toLowerCase().includes(wanted) || (digits !== "" && chat.jid.includes(digits));
    if (filter === "archived") return chat.isArchived;
    if (chat.isArchived) return false;
    if (filter === "unread") return chat.unread > 0;
    return filter === "groups" ? chat.jid.endsWith("@g.us") : true;
  });
}

/** The chat an event of a message is about. */
export function chatOf(data: Json): string {
  const key = record(data.key);
  const jid = text(data.chat) || text(key.remoteJid) || text(data.remoteJid) || text(data.from);
  return jid === "" ? "" : bare(jid);
}

/** The list after a message came or went; null when the chat is not in it and the list has to be loaded. */
export function withMessage(chats: Chat[], data: Json, options: { fromMe: boolean; isOpen: boolean }): Chat[] | null {
  const jid = chatOf(data);
  const at = chats.findIndex((chat) => chat.jid === jid);
  const chat = chats[at];
  if (!chat) return null;
  const when = time(data.messageTimestamp) ?? time(data.timestamp) ?? chat.last?.at ?? 0;
  const changed: Chat = {
    ...chat,
    name: chat.name ?? (options.fromMe ? null : textOrNull(data.pushName)),
    last: {
      content: textOrNull(data.content) ?? textOrNull(data.caption),
      at: when,
      type: text(data.type, "TEXT"),
      fromMe: options.fromMe,
      ticks: options.fromMe ? "SENT" : null,
    },
    unread: options.fromMe || options.isOpen ? (options.isOpen ? 0 : chat.unread) : chat.unread + 1,
  };
  return order(chats.with(at, changed));
}

/** The list after the newest message of a chat got further. */
export function withStatus(chats: Chat[], data: Json): Chat[] {
  const jid = chatOf(data);
  const at = chats.findIndex((chat) => chat.jid === jid);
  const chat = chats[at];
  if (!chat?.last?.fromMe) return chats;
  return chats.with(at, {
    ...chat,
    last: { ...chat.last, ticks: oneOf(data.status, TICKS, chat.last.ticks ?? "SENT") },
  });
}

export const isFromMe = (data: Json): boolean => flag(record(data.key).fromMe, flag(data.fromMe));

/** Status posts and newsletters come as messages too, and belong to no chat. */
export function isChat(data: Json): boolean {
  const kind = kindOf(chatOf(data));
  return kind === "person" || kind === "group";
}
