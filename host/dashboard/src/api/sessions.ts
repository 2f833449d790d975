/** Sessions: linked WhatsApp accounts. */

import { get, patch, path, post, remove } from "./http";
import { flag, isRecord, item, type Json, list, number, oneOf, record, text, textOrNull, time } from "./read";

export const STATUSES = ["CONNECTED", "CONNECTING", "SCAN_QR", "DISCONNECTED", "STOPPED", "LOGGED_OUT"] as const;
export type Status = (typeof STATUSES)[number];

export interface Session {
  id: string;
  /** The name in paths. */
  slug: string;
  name: string;
  userId: string;
  owner: string | null;
  status: Status;
  cause: string | null;
  /** Null: not linked. Undefined: the gateway does not say here. */
  me: { id: string; name: string | null } | null | undefined;
  /** What the viewer is to it. */
  relation: "owner" | "shared" | "superadmin" | null;
  counts: { contacts: number; messages: number; groups: number; autoReplies: number; scheduled: number };
  createdAt: number | null;
}

export interface SessionDetail extends Session {
  uptime: number;
  pairingCode: string | null;
  qr: string | null;
}

const RELATIONS = ["owner", "shared", "superadmin"] as const;

function session(row: Json): Session {
  const count = record(row._count);
  const me = record(row.me);
  const user = record(row.user);
  return {
    id: text(row.id),
    slug: text(row.sessionId),
    name: text(row.name) || text(row.sessionId),
    userId: text(row.userId),
    owner: textOrNull(user.name) ?? textOrNull(user.email),
    status: oneOf(row.status, STATUSES, "DISCONNECTED"),
    cause: textOrNull(row.cause),
    me: textOrNull(me.id) ? { id: text(me.id), name: textOrNull(me.name) } : "me" in row ? null : undefined,
    relation: RELATIONS.find((one) => one === row.relation) ?? null,
    counts: {
      contacts: number(count.contacts),
      messages: number(count.messages),
      groups: number(count.groups),
      autoReplies: number(count.autoReplies),
      scheduled: number(count.scheduledMessages),
    },
    createdAt: time(row.createdAt),
  };
}

function detail(row: Json): SessionDetail {
  return {
    ...session(row),
    uptime: number(row.uptime),
    pairingCode: textOrNull(row.pairingCode),
    qr: textOrNull(row.qr),
  };
}

export async function fetchSessions(signal?: AbortSignal): Promise<Session[]> {
  return list(await get("/sessions", { signal }), session);
}

export async function fetchSession(slug: string, signal?: AbortSignal): Promise<SessionDetail> {
  return item(await get(path`/sessions/${slug}`, { signal }), detail);
}

export async function createSession(name: string, slug: string): Promise<Session> {
  return item(await post("/sessions", { name, ...(slug ? { sessionId: slug } : {}) }), session);
}

export interface QrCode {
  qr: string;
  /** A PNG as a data URL. */
  image: string;
}

export async function fetchQr(slug: string, signal?: AbortSignal): Promise<QrCode> {
  return item(await get(path`/sessions/${slug}/qr`, { signal }), (data) => {
    const image = text(data.base64);
    return { qr: text(data.qr), image: image.startsWith("data:image/png;base64,") ? image : "" };
  });
}

export type Action = "start" | "stop" | "restart" | "logout";

export async function act(slug: string, action: Action): Promise<void> {
  await post(path`/sessions/${slug}/${action}`, {});
}

export async function pairCode(slug: string, phoneNumber: string): Promise<string> {
  return item(await post(path`/sessions/${slug}/pair`, { phoneNumber }), (data) => text(data.pairingCode));
}

export async function deleteSession(slug: string): Promise<void> {
  await remove(path`/sessions/${slug}/settings`);
}

export async function fetchSettings(slug: string, signal?: AbortSignal): Promise<Json> {
  return item(await get(path`/sessions/${slug}/settings`, { signal }), (data) =>
    isRecord(data.config) ? data.config : {},
  );
}

export async function saveSettings(slug: string, config: Json): Promise<void> {
  await patch(path`/sessions/${slug}/settings`, { config });
}

export async function fetchBotConfig(slug: string, signal?: AbortSignal): Promise<Json> {
  return item(await get(path`/sessions/${slug}/bot-config`, { signal }), (data) => data);
}

export async function saveBotConfig(slug: string, config: Json): Promise<void> {
  await post(path`/sessions/${slug}/bot-config`, config);
}

export interface Passkey {
  stage: "assertion" | "confirmation";
  /** For a browser's or phone's WebAuthn. */
  options: unknown;
  code: string | null;
}

/** What an account that is guarded by a passkey asks for while it is linked. */
export async function fetchPasskey(slug: string, signal?: AbortSignal): Promise<Passkey> {
  return item(await get(path`/sessions/${slug}/passkey`, { signal }), (data) => ({
    stage: data.stage === "confirmation" ? "confirmation" : "assertion",
    options: data.options ?? null,
    code: textOrNull(data.code),
  }));
}

export async function answerPasskey(slug: string, answer: { assertion: unknown } | { confirm: true }): Promise<void> {
  await post(path`/sessions/${slug}/passkey`, answer);
}

export interface Grant {
  userId: string;
  name: string;
  email: string;
  role: string;
  since: number | null;
}

export async function fetchAccess(slug: string, signal?: AbortSignal): Promise<Grant[]> {
  return list(await get(path`/sessions/${slug}/access`, { signal }), (row) => {
    const user = record(row.user);
    return {
      userId: text(row.userId) || text(user.id),
      name: text(user.name) || text(user.email),
      email: text(user.email),
      role: text(user.role),
      since: time(row.createdAt),
    };
  });
}

export async function grantAccess(slug: string, email: string): Promise<void> {
  await post(path`/sessions/${slug}/access`, { email });
}

export async function revokeAccess(slug: string, userId: string): Promise<void> {
  await remove(path`/sessions/${slug}/access`, { userId });
}

export interface SessionMonitor {
  status: string;
  uptimeMs: number;
  ping: string;
  contacts: number;
  chats: number;
  messages: number;
}

export async function fetchSessionMonitor(slug: string, signal?: AbortSignal): Promise<SessionMonitor> {
  return item(await get(path`/system/monitor/${slug}`, { signal }), (data) => {
    const store = record(data.store);
    return {
      status: text(data.status),
      uptimeMs: number(data.uptimeMs),
      ping: text(data.ping),
      contacts: number(store.contacts),
      chats: number(store.chats),
      messages: number(store.messages),
    };
  });
}

export const isOn = (config: Json, key: string, otherwise = false) => flag(config[key], otherwise);
