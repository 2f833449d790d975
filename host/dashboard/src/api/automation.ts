/** Auto-replies, scheduled messages, broadcasts. */

import { get, path, post, put, remove } from "./http";
import { flag, item, type Json, list, number, oneOf, record, text, textOrNull, time } from "./read";

export const MATCHES = ["EXACT", "CONTAINS", "STARTS_WITH", "REGEX"] as const;
export const TRIGGERS = ["ALL", "PRIVATE", "GROUP"] as const;

export interface Rule {
  id: string;
  keyword: string;
  response: string;
  matchType: (typeof MATCHES)[number];
  triggerType: (typeof TRIGGERS)[number];
  isMedia: boolean;
  mediaUrl: string;
}

export type RuleDraft = Omit<Rule, "id">;

export async function fetchRules(session: string, signal?: AbortSignal): Promise<Rule[]> {
  return list(await get(path`/autoreplies/${session}`, { signal }), (row) => ({
    id: text(row.id),
    keyword: text(row.keyword),
    response: text(row.response),
    matchType: oneOf(row.matchType, MATCHES, "EXACT"),
    triggerType: oneOf(row.triggerType, TRIGGERS, "ALL"),
    isMedia: flag(row.isMedia),
    mediaUrl: text(row.mediaUrl),
  }));
}

function ruleBody(rule: RuleDraft): Json {
  const { mediaUrl, ...rest } = rule;
  return { ...rest, isMedia: mediaUrl !== "", ...(mediaUrl ? { mediaUrl } : {}) };
}

export async function saveRule(session: string, id: string | null, rule: RuleDraft): Promise<void> {
  if (id === null) await post(path`/autoreplies/${session}`, ruleBody(rule));
  else await put(path`/autoreplies/${session}/${id}`, ruleBody(rule));
}

export async function deleteRule(session: string, id: string): Promise<void> {
  await remove(path`/autoreplies/${session}/${id}`);
}

export const SCHEDULE_STATES = ["PENDING", "SENT", "FAILED"] as const;

export interface Scheduled {
  id: string;
  jid: string;
  content: string;
  mediaUrl: string;
  mediaType: string;
  sendAt: number | null;
  cron: string;
  status: (typeof SCHEDULE_STATES)[number];
  reason: string | null;
}

export interface ScheduledDraft {
  jid: string;
  content: string;
  /** Milliseconds. */
  sendAt: number;
  mediaUrl: string;
  mediaType: string;
  cron: string;
}

export async function fetchScheduled(
  session: string,
  tab: "pending" | "history",
  signal?: AbortSignal,
): Promise<Scheduled[]> {
  const rows = list(await get(path`/scheduler/${session}`, { query: { tab }, signal }), (row) => ({
    id: text(row.id),
    jid: text(row.jid),
    content: text(row.content),
    mediaUrl: text(row.mediaUrl),
    mediaType: text(row.mediaType),
    sendAt: time(row.sendAt),
    cron: text(row.cronExpression),
    status: oneOf(row.status, SCHEDULE_STATES, "PENDING"),
    reason: textOrNull(row.reason) ?? textOrNull(row.error),
  }));
  // Gateways that do not know the query answer with all of them.
  return rows.filter((row) => (row.status === "PENDING") === (tab === "pending"));
}

export async function saveScheduled(session: string, id: string | null, draft: ScheduledDraft): Promise<void> {
  const body = {
    jid: draft.jid,
    content: draft.content,
    sendAt: new Date(draft.sendAt).toISOString(),
    ...(draft.mediaUrl ? { mediaUrl: draft.mediaUrl, mediaType: draft.mediaType || "image" } : {}),
    ...(draft.cron ? { cronExpression: draft.cron } : {}),
  };
  if (id === null) await post(path`/scheduler/${session}`, body);
  else await put(path`/scheduler/${session}/${id}`, body);
}

export async function deleteScheduled(session: string, id: string): Promise<void> {
  await remove(path`/scheduler/${session}/${id}`);
}

export const BROADCAST_STATES = ["running", "paused", "completed", "cancelled", "failed"] as const;

export interface Broadcast {
  id: string;
  message: string;
  total: number;
  sent: number;
  failed: number;
  status: (typeof BROADCAST_STATES)[number];
  startedAt: number | null;
  completedAt: number | null;
}

export interface Recipient {
  jid: string;
  status: string;
  error: string | null;
  sentAt: number | null;
}

function broadcast(row: Json): Broadcast {
  return {
    id: text(row.id) || text(row.broadcastId),
    message: text(row.message),
    total: number(row.total),
    sent: number(row.sent),
    failed: number(row.failed),
    status: oneOf(text(row.status).toLowerCase(), BROADCAST_STATES, "running"),
    startedAt: time(row.startedAt),
    completedAt: time(row.completedAt),
  };
}

export async function fetchBroadcasts(session: string, signal?: AbortSignal): Promise<Broadcast[]> {
  return list(await get(path`/messages/${session}/broadcast/history`, { query: { limit: 50 }, signal }), broadcast);
}

export async function fetchBroadcast(
  session: string,
  id: string,
  signal?: AbortSignal,
): Promise<Broadcast & { recipients: Recipient[] }> {
  return item(await get(path`/messages/${session}/broadcast/history/${id}`, { signal }), (data) => ({
    ...broadcast(data),
    recipients: list(data.recipients ?? [], (row) => ({
      jid: text(row.jid),
      status: text(row.status).toLowerCase(),
      error: textOrNull(row.error),
      sentAt: time(row.sentAt),
    })),
  }));
}

export async function startBroadcast(
  session: string,
  body: { recipients: string[]; message: string; delay: number },
  idempotencyKey: string,
): Promise<string> {
  return item(
    await post(path`/messages/${session}/broadcast`, body, { headers: { "Idempotency-Key": idempotencyKey } }),
    (data) => text(data.broadcastId) || text(record(data).id),
  );
}

export async function steerBroadcast(session: string, id: string, what: "pause" | "resume" | "cancel"): Promise<void> {
  await post(path`/messages/${session}/broadcast/${id}/${what}`, {});
}
