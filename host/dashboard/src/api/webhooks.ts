/** Webhooks: events posted to other servers. */

import { get, path, post, put, remove } from "./http";
import {
  flag,
  item,
  type Json,
  list,
  number,
  numberOrNull,
  oneOf,
  record,
  text,
  textOrNull,
  texts,
  time,
} from "./read";

/** What can be asked for; `*` is everything. */
export const EVENTS = [
  "message.received",
  "message.sent",
  "message.status",
  "message.edited",
  "message.deleted",
  "message.reaction",
  "message.undecryptable",
  "poll.voted",
  "group.update",
  "group.participant",
  "contact.update",
  "status.update",
  "call.received",
  "call.missed",
  "presence.updated",
  "chat.updated",
  "label.updated",
  "label.assigned",
  "history.progress",
  "connection.update",
  "session.qr",
  "session.status",
  "delivery.disabled",
];

export interface Webhook {
  id: string;
  name: string;
  url: string;
  events: string[];
  isActive: boolean;
  hasSecret: boolean;
  createdAt: number | null;
  health: Health;
  payloadVersion: string | null;
  timeoutMs: number | null;
  concurrency: number | null;
}

export const HEALTH_STATES = ["ACTIVE", "FAILING", "WAITING", "PAUSED", "DISABLED"] as const;

/** How its receiver does. */
export interface Health {
  state: (typeof HEALTH_STATES)[number];
  reason: string | null;
  failingSince: number | null;
  heldUntil: number | null;
  pending: number | null;
  dead: number | null;
}

function webhook(row: Json): Webhook {
  const isActive = flag(row.isActive, true);
  const health = record(row.health);
  return {
    id: text(row.id),
    name: text(row.name) || text(row.url),
    url: text(row.url),
    events: texts(row.events),
    isActive,
    hasSecret: flag(row.hasSecret, textOrNull(row.secret) !== null),
    createdAt: time(row.createdAt),
    health: {
      state: oneOf(health.state, HEALTH_STATES, isActive ? "ACTIVE" : "PAUSED"),
      reason: textOrNull(health.reason),
      failingSince: time(health.failingSince),
      heldUntil: time(health.heldUntil),
      pending: numberOrNull(health.pending),
      dead: numberOrNull(health.dead),
    },
    payloadVersion: textOrNull(row.payloadVersion),
    timeoutMs: numberOrNull(row.timeoutMs),
    concurrency: numberOrNull(row.concurrency),
  };
}

export async function fetchWebhooks(session: string, signal?: AbortSignal): Promise<Webhook[]> {
  return list(await get(path`/webhooks/${session}`, { signal }), webhook);
}

export interface WebhookDraft {
  name: string;
  url: string;
  events: string[];
  /** Left out: as it is. */
  secret?: string;
  isActive?: boolean;
  payloadVersion?: string;
  timeoutMs?: number;
  concurrency?: number;
}

/** The new webhook, and its secret where the gateway made one: it is shown this once. */
export async function createWebhook(
  session: string,
  draft: WebhookDraft,
): Promise<{ id: string; secret: string | null }> {
  return item(await post(path`/webhooks/${session}`, draft), (data) => ({
    id: text(data.id),
    secret: textOrNull(data.secret),
  }));
}

export async function editWebhook(session: string, id: string, draft: Partial<WebhookDraft>): Promise<void> {
  await put(path`/webhooks/${session}/${id}`, draft);
}

export async function deleteWebhook(session: string, id: string): Promise<void> {
  await remove(path`/webhooks/${session}/${id}`);
}

export interface TestResult {
  isGood: boolean;
  statusCode: number | null;
  ms: number | null;
  error: string | null;
}

export async function testWebhook(session: string, id: string): Promise<TestResult> {
  return item(await post(path`/webhooks/${session}/${id}/test`, {}), (data) => ({
    isGood: flag(data.success),
    statusCode: numberOrNull(data.statusCode),
    ms: numberOrNull(data.responseTimeMs),
    error: textOrNull(data.error),
  }));
}

export async function rotateSecret(session: string, id: string): Promise<string> {
  return item(await post(path`/webhooks/${session}/${id}/rotate-secret`, {}), (data) => text(data.secret));
}

export const DELIVERY_STATES = ["PENDING", "DELIVERED", "FAILED", "DEAD"] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

export interface Delivery {
  id: string;
  event: string;
  sequence: number | null;
  status: DeliveryState;
  attempts: number;
  nextAttemptAt: number | null;
  statusCode: number | null;
  error: string | null;
  ms: number | null;
  createdAt: number | null;
}

function state(value: unknown): DeliveryState {
  const word = text(value).toUpperCase();
  if (word === "SUCCESS" || word === "SENT") return "DELIVERED";
  if (word === "RETRYING" || word === "QUEUED") return "PENDING";
  return DELIVERY_STATES.find((one) => one === word) ?? "PENDING";
}

export async function fetchDeliveries(
  session: string,
  id: string,
  query: { status: string; before: string | null },
  signal?: AbortSignal,
): Promise<{ deliveries: Delivery[]; next: string | null }> {
  const body = await get(path`/webhooks/${session}/${id}/deliveries`, {
    query: { status: query.status, before: query.before, limit: 50 },
    signal,
  });
  const deliveries = list(body, (row) => ({
    id: text(row.id),
    event: text(row.event),
    sequence: numberOrNull(row.sequence),
    status: state(row.status),
    attempts: number(row.attempts),
    nextAttemptAt: time(row.nextAttemptAt),
    statusCode: numberOrNull(row.lastStatusCode ?? row.statusCode ?? row.responseStatusCode),
    error: textOrNull(row.lastError) ?? textOrNull(row.errorMessage),
    ms: numberOrNull(row.lastDurationMs ?? row.durationMs ?? row.responseTimeMs),
    createdAt: time(row.createdAt),
  }));
  return { deliveries, next: textOrNull(record(body).next) };
}

export async function redeliver(session: string, id: string, delivery: string): Promise<void> {
  await post(path`/webhooks/${session}/${id}/deliveries/${delivery}/redeliver`, {});
}

export async function replay(session: string, id: string, from: number, to: number | null): Promise<void> {
  await post(path`/webhooks/${session}/${id}/replay`, {
    fromSequence: from,
    ...(to === null ? {} : { toSequence: to }),
  });
}

/** All that were given up, once more. How many. */
export async function redeliverDead(session: string, id: string): Promise<number> {
  return item(await post(path`/webhooks/${session}/${id}/deliveries/redeliver`, { limit: 500 }), (data) =>
    number(data.queued),
  );
}

/** One try of a delivery. */
export interface Try {
  id: string;
  at: number | null;
  isGood: boolean;
  statusCode: number | null;
  ms: number | null;
  error: string | null;
  request: string;
  /** Shown to the webhook's maker and to administrators only. */
  response: string | null;
}

export async function fetchTries(session: string, id: string, delivery: string, signal?: AbortSignal): Promise<Try[]> {
  const query = { deliveryId: delivery, limit: 50 };
  const shown = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value ?? null, null, 2));
  const rows = list(await get(path`/webhooks/${session}/${id}/logs`, { query, signal }), (row) => ({
    id: text(row.id),
    at: time(row.createdAt),
    isGood: row.status === "SUCCESS",
    statusCode: numberOrNull(row.responseStatusCode),
    ms: numberOrNull(row.responseTimeMs),
    error: textOrNull(row.errorMessage),
    request: shown(row.requestBody),
    response: textOrNull(row.responseBody),
    delivery: textOrNull(row.deliveryId),
  }));
  // Gateways that do not know the query answer with all of them.
  return rows.filter((row) => row.delivery === null || row.delivery === delivery);
}
