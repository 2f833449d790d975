/** Users, keys, notifications, the system. */

import { ROLES, type Role } from "./auth";
import { get, patch, path, post, remove } from "./http";
import {
  flag,
  isRecord,
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

export interface User {
  id: string;
  name: string;
  email: string;
  role: Role;
  sessions: number;
  createdAt: number | null;
}

export interface UserDraft {
  name: string;
  email: string;
  password: string;
  role: Role;
}

export async function fetchUsers(signal?: AbortSignal): Promise<User[]> {
  return list(await get("/users", { signal }), (row) => ({
    id: text(row.id),
    name: text(row.name) || text(row.email),
    email: text(row.email),
    role: oneOf(row.role, ROLES, "OWNER"),
    sessions: number(record(row._count).sessions),
    createdAt: time(row.createdAt),
  }));
}

export async function saveUser(id: string | null, draft: UserDraft): Promise<void> {
  if (id === null) {
    await post("/users", draft);
    return;
  }
  const { password, ...rest } = draft;
  await patch(path`/users/${id}`, { ...rest, ...(password ? { password } : {}) });
}

export async function deleteUser(id: string): Promise<void> {
  await remove(path`/users/${id}`);
}

/** One's own name and password. */
export async function changeMyself(change: {
  name?: string;
  password?: string;
  currentPassword?: string;
}): Promise<void> {
  await patch("/user", change);
}

export const SCOPES = ["read", "send", "manage", "admin"] as const;
export type Scope = (typeof SCOPES)[number];

export interface Key {
  id: string;
  name: string;
  prefix: string;
  last4: string;
  /** Null: whatever its user may. */
  scopes: string[] | null;
  /** Null: all of them. */
  sessions: string[] | null;
  isDefault: boolean;
  expiresAt: number | null;
  lastUsedAt: number | null;
  createdAt: number | null;
}

export async function fetchKeys(signal?: AbortSignal): Promise<Key[]> {
  return list(await get("/user/api-keys", { signal }), (row) => ({
    id: text(row.id),
    name: text(row.name),
    prefix: text(row.prefix),
    last4: text(row.last4),
    scopes: Array.isArray(row.scopes) ? texts(row.scopes) : null,
    isDefault: flag(row.isDefault),
    sessions: Array.isArray(row.sessions) ? texts(row.sessions) : null,
    expiresAt: time(row.expiresAt),
    lastUsedAt: time(row.lastUsedAt),
    createdAt: time(row.createdAt),
  }));
}

/** The key itself: it is never shown again. */
export async function createKey(draft: {
  name: string;
  scopes: string[];
  sessions: string[] | null;
  expiresAt: number | null;
}): Promise<string> {
  const body = {
    name: draft.name,
    scopes: draft.scopes,
    ...(draft.sessions ? { sessions: draft.sessions } : {}),
    ...(draft.expiresAt === null ? {} : { expiresAt: new Date(draft.expiresAt).toISOString() }),
  };
  return item(await post("/user/api-keys", body), (data) => text(data.key));
}

export async function deleteKey(id: string): Promise<void> {
  await remove(path`/user/api-keys/${id}`);
}

export interface Note {
  id: string;
  title: string;
  message: string;
  type: string;
  isRead: boolean;
  href: string | null;
  at: number | null;
}

export async function fetchNotes(signal?: AbortSignal): Promise<Note[]> {
  return list(await get("/notifications", { signal }), (row) => ({
    id: text(row.id),
    title: text(row.title),
    message: text(row.message),
    type: text(row.type, "INFO").toUpperCase(),
    isRead: flag(row.read),
    href: textOrNull(row.href),
    at: time(row.createdAt),
  }));
}

export async function markNotesRead(ids: string[]): Promise<void> {
  await patch("/notifications/read", ids.length > 0 ? { ids } : {});
}

export async function deleteNote(id: string): Promise<void> {
  await remove(`/notifications/delete?id=${encodeURIComponent(id)}`);
}

export async function sendNote(draft: {
  title: string;
  message: string;
  type: string;
  targetUserId: string | null;
}): Promise<void> {
  const { targetUserId, ...rest } = draft;
  await post("/notifications", { ...rest, ...(targetUserId ? { targetUserId } : { broadcast: true }) });
}

export interface Monitor {
  at: number;
  /** Per cent. */
  cpu: number | null;
  memory: { used: number; total: number } | null;
  disk: { used: number; total: number } | null;
  process: { uptime: number; rss: number };
  os: string;
  events: { perSecond: number | null; lag: number | null };
  storage: { database: number | null; media: number | null; messages: number | null; events: number | null };
  sessions: { connected: number; total: number } | null;
}

export async function fetchMonitor(signal?: AbortSignal): Promise<Monitor> {
  return item(await get("/system/monitor", { signal }), (data) => {
    const cpu = record(data.cpu);
    const memory = record(data.memory);
    const process = record(data.process);
    const os = record(data.os);
    const events = record(data.events);
    const storage = record(data.storage);
    const sessions = isRecord(data.sessions) ? data.sessions : null;
    const disks = list(data.disk ?? [], disk).filter((one) => one.total > 0);
    const lag = Array.isArray(events.lag)
      ? list(events.lag, (one) => number(one.events)).reduce((sum, one) => sum + one, 0)
      : numberOrNull(events.lag);
    return {
      at: Date.now(),
      cpu: numberOrNull(cpu.load),
      memory: number(memory.total) > 0 ? { used: number(memory.used), total: number(memory.total) } : null,
      disk: disks.sort((a, b) => b.total - a.total)[0] ?? null,
      process: { uptime: number(process.uptime), rss: number(process.rss) },
      os: [text(os.distro) || text(os.platform) || text(os.type), text(os.release), text(os.arch)]
        .filter(Boolean)
        .join(" "),
      events: { perSecond: numberOrNull(events.perSecond), lag },
      storage: {
        database: numberOrNull(storage.databaseBytes),
        media: numberOrNull(storage.mediaBytes),
        messages: numberOrNull(storage.messages),
        events: numberOrNull(storage.events),
      },
      sessions: sessions && { connected: number(sessions.connected), total: number(sessions.total) },
    };
  });
}

function disk(row: Json): { used: number; total: number } {
  const total = number(row.size) || number(row.total);
  return { total, used: number(row.used, total - number(row.available)) };
}

export const BACKUP_STATES = ["running", "done", "failed"] as const;
export const BACKUP_STEPS = ["copying", "packing"] as const;

/** The newest one. */
export interface Backup {
  state: (typeof BACKUP_STATES)[number];
  step: (typeof BACKUP_STEPS)[number];
  done: number;
  total: number;
  size: number | null;
  error: string | null;
  at: number | null;
}

export async function fetchBackup(signal?: AbortSignal): Promise<Backup | null> {
  const { data } = record(await get("/system/backup", { signal }));
  return isRecord(data) ? backupOf(data) : null;
}

export function backupOf(data: Json): Backup {
  return {
    state: oneOf(data.state, BACKUP_STATES, "running"),
    step: oneOf(data.step, BACKUP_STEPS, "copying"),
    done: number(data.bytesDone),
    total: number(data.bytesTotal),
    size: numberOrNull(data.sizeBytes),
    error: textOrNull(data.error),
    at: time(data.updatedAt),
  };
}

export interface SystemSettings {
  appName: string;
  timezone: string;
  enableRegistration: boolean;
  logoUrl: string;
  faviconUrl: string;
}

export async function fetchSystemSettings(signal?: AbortSignal): Promise<SystemSettings> {
  return item(await get("/settings/system", { signal }), (data) => ({
    appName: text(data.appName),
    timezone: text(data.timezone) || "UTC",
    enableRegistration: flag(data.enableRegistration),
    logoUrl: text(data.logoUrl),
    faviconUrl: text(data.faviconUrl),
  }));
}

export async function saveSystemSettings(settings: Partial<SystemSettings>): Promise<void> {
  await post("/settings/system", settings);
}

export interface Act {
  id: string;
  at: number | null;
  who: string | null;
  action: string;
  target: string;
  isRefused: boolean;
  address: string | null;
  detail: string | null;
}

export async function fetchAudit(
  before: string | null,
  signal?: AbortSignal,
): Promise<{ acts: Act[]; next: string | null }> {
  const body = await get("/system/audit", { query: { limit: 100, before }, signal });
  const acts = list(body, (row) => {
    const user = record(row.user ?? row.actor);
    const detail = row.detail ?? row.details;
    return {
      id: text(row.id),
      at: time(row.at) ?? time(row.createdAt),
      who: textOrNull(user.email) ?? textOrNull(user.name) ?? textOrNull(row.actor),
      action: text(row.action),
      target: text(row.target),
      isRefused: text(row.outcome, "ok").toLowerCase() !== "ok",
      address: textOrNull(row.ip) ?? textOrNull(row.address),
      detail: isRecord(detail) && Object.keys(detail).length > 0 ? JSON.stringify(detail) : textOrNull(detail),
    };
  });
  return { acts, next: textOrNull(record(body).next) };
}
