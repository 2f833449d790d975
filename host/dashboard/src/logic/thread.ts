/** The messages of a chat as they are drawn: one list out of what was loaded, what came since, and what is being sent. */

import type { Message, Ticks } from "../api/chats";
import { TICKS } from "../api/chats";
import { type Json, oneOf, record, text, time } from "../api/read";
import { bare } from "./jid";

/** Older and newer pages as one list, oldest first, each message once. The newer page is the truth. */
export function merge(older: Message[], newest: Message[]): Message[] {
  const known = new Set(newest.map((one) => one.key));
  const before = older.filter((one) => !known.has(one.key));
  return [...before, ...newest].sort((a, b) => a.at - b.at);
}

/**
 * The new list with the old entries where nothing changed: what is drawn by entry stays as it is. A list that was read
 * before an event came does not take its status back.
 */
export function reused(before: Message[], after: Message[]): Message[] {
  const known = new Map(before.map((one) => [one.key, one]));
  return after.map((one) => {
    const old = known.get(one.key);
    if (!old) return one;
    const isFinal = one.ticks === "FAILED" || old.ticks === "FAILED";
    const now = isFinal ? one : { ...one, ticks: further(one.ticks, old.ticks) };
    return JSON.stringify(old) === JSON.stringify(now) ? old : now;
  });
}

const RANK: Record<Ticks, number> = { FAILED: 0, PENDING: 1, SENT: 2, DELIVERED: 3, READ: 4, PLAYED: 5 };

/** A status never goes backwards. */
export function further(now: Ticks, next: Ticks): Ticks {
  return RANK[next] > RANK[now] || next === "FAILED" ? next : now;
}

/** The list after an event about one of its messages; the same list when it is about none. */
export function patched(messages: Message[], kind: string, data: Json): Message[] {
  const key = text(data.keyId) || text(record(data.key).id) || text(data.messageId);
  const at = messages.findIndex((one) => one.key === key);
  const message = messages[at];
  if (!message) return messages;
  switch (kind) {
    case "message.status":
      return messages.with(at, { ...message, ticks: further(message.ticks, oneOf(data.status, TICKS, message.ticks)) });
    case "message.edited":
      return messages.with(at, {
        ...message,
        content: text(data.newContent) || text(data.content) || message.content,
        editedAt: time(data.timestamp) ?? message.at,
      });
    case "message.deleted":
      return messages.with(at, { ...message, deletedAt: time(data.timestamp) ?? message.at });
    default:
      return messages;
  }
}

export interface Row {
  message: Message;
  /** Starts a new day. */
  day: boolean;
  /** First of a run by one sender. */
  first: boolean;
  /** Its last. */
  last: boolean;
}

/** A run ends when another person writes, or after this. */
const RUN_MS = 5 * 60_000;

export function rows(messages: Message[]): Row[] {
  return messages.map((message, index) => {
    const before = messages[index - 1];
    const after = messages[index + 1];
    const day = !before || !isSameDay(before.at, message.at);
    return {
      message,
      day,
      first: day || !isRun(before, message),
      last: !after || !isSameDay(message.at, after.at) || !isRun(message, after),
    };
  });
}

function isRun(a: Message | undefined, b: Message): boolean {
  return a !== undefined && a.fromMe === b.fromMe && sender(a) === sender(b) && b.at - a.at < RUN_MS;
}

function sender(message: Message): string {
  return message.fromMe ? "me" : bare(message.sender ?? message.chat);
}

function isSameDay(a: number, b: number): boolean {
  return new Date(a).toDateString() === new Date(b).toDateString();
}

/** Reactions counted: each emoji once. */
export function counted(message: Message): { emoji: string; count: number; mine: boolean }[] {
  const found = new Map<string, { emoji: string; count: number; mine: boolean }>();
  for (const one of message.reactions) {
    const entry = found.get(one.emoji) ?? { emoji: one.emoji, count: 0, mine: false };
    entry.count += 1;
    entry.mine ||= one.fromMe;
    found.set(one.emoji, entry);
  }
  return [...found.values()].sort((a, b) => b.count - a.count);
}
