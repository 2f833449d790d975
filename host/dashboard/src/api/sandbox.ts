/** The control API of the sandbox network: simulated phones, and what people do with them. */

import { bare, userOf } from "../logic/jid";
import { control, path } from "./http";
import { flag, isRecord, type Json, list, number, numberOrNull, record, text, textOrNull, texts } from "./read";

export interface Phone {
  number: string;
  name: string;
  jid: string;
  lid: string;
  devices: { id: number; isConnected: boolean; queued: number }[];
  undecryptable: number;
}

export interface Network {
  phones: Phone[];
  /** Clients that show a code. */
  waiting: number;
  lastEvent: number;
}

export async function fetchNetwork(signal?: AbortSignal): Promise<Network> {
  const body = record(await control("GET", "/state", { signal }));
  return {
    waiting: number(body.waiting),
    lastEvent: number(body.lastEvent),
    phones: list(body.phones ?? [], (row) => ({
      number: text(row.number),
      name: text(row.name) || text(row.number),
      jid: text(row.jid),
      lid: text(row.lid),
      devices: list(row.devices ?? [], (device) => ({
        id: number(device.id),
        isConnected: flag(device.connected),
        queued: number(device.queued),
      })),
      undecryptable: number(row.undecryptable),
    })),
  };
}

/** Waits until something happens on the network, half a minute at most. */
export async function waitForEvents(after: number, signal: AbortSignal): Promise<{ next: number; count: number }> {
  const body = record(await control("GET", "/events", { query: { after, wait: 25_000 }, signal }));
  return { next: number(body.next, after), count: Array.isArray(body.events) ? body.events.length : 0 };
}

export async function addPhone(draft: { number: string; name: string }): Promise<void> {
  await control("POST", "/phones", { body: draft });
}

export async function scan(phone: string, qr: string): Promise<void> {
  await control("POST", path`/phones/${phone}/scan`, { body: { qr } });
}

export async function typeCode(phone: string, code: string): Promise<void> {
  await control("POST", path`/phones/${phone}/link-code`, { body: { code } });
}

export async function unlink(phone: string, device: number): Promise<void> {
  await control("DELETE", path`/phones/${phone}/devices/${String(device)}`);
}

export type Ticks = "PENDING" | "SENT" | "DELIVERED" | "READ";

export interface Bubble {
  id: string;
  /** The other side, or the group. */
  chat: string;
  fromMe: boolean;
  sender: string;
  senderName: string | null;
  kind: string;
  text: string | null;
  at: number;
  ticks: Ticks | null;
  isRead: boolean;
  file: { name: string; mime: string; bytes: number | null } | null;
  quoted: string | null;
  isEdited: boolean;
  isRevoked: boolean;
  reactions: string[];
}

/** Not messages of their own: they change another one. */
const MARKS = ["reaction", "edit", "revoke", "vote", "pin", "unpin", "ephemeralSetting"];
const FILES = ["image", "video", "gif", "videoNote", "audio", "voice", "document", "sticker"];

function bubble(row: Json, own: { chat: string; fromMe: boolean; ticks: Ticks | null }): Bubble {
  const media = record(row.media);
  const kind = text(row.type) || text(row.kind, "text");
  return {
    ...own,
    id: text(row.id),
    sender: text(row.from),
    senderName: textOrNull(row.pushName),
    kind,
    text: textOrNull(row.edited) ?? textOrNull(row.text) ?? textOrNull(row.caption),
    at: number(row.timestamp) * 1000,
    isRead: flag(row.read, own.fromMe),
    file: FILES.includes(kind)
      ? { name: text(media.fileName), mime: text(row.mimetype) || text(row.mimeType), bytes: numberOrNull(media.bytes) }
      : null,
    quoted: isRecord(row.quoted) ? text(row.quoted.text) || text(row.quoted.type) : null,
    isEdited: textOrNull(row.edited) !== null,
    isRevoked: flag(row.revoked),
    reactions: Object.values(record(row.reactions)).filter((one): one is string => typeof one === "string"),
  };
}

function ticksOf(receipts: unknown): Ticks {
  const kinds = list(receipts ?? [], (one) => text(one.type));
  if (kinds.includes("read") || kinds.includes("played")) return "READ";
  return kinds.includes("delivered") || kinds.includes("inactive") ? "DELIVERED" : "SENT";
}

/** What a phone shows: what it got and what it sent, oldest first. */
export async function fetchBubbles(phone: string, signal?: AbortSignal): Promise<Bubble[]> {
  const [inbox, outbox] = await Promise.all([
    control("GET", path`/phones/${phone}/inbox`, { signal }),
    control("GET", path`/phones/${phone}/outbox`, { signal }),
  ]);
  const got = list(record(inbox).messages ?? [], (row) =>
    // From one of the account's other devices: it counts as sent.
    bubble(row, { chat: bare(text(row.chat)), fromMe: flag(row.fromMe), ticks: flag(row.fromMe) ? "SENT" : null }),
  );
  const sent = list(record(outbox).messages ?? [], (row) =>
    bubble(row, { chat: bare(text(row.to)), fromMe: true, ticks: ticksOf(row.receipts) }),
  );
  // Times are whole seconds. Within one, a person wrote first, and what answered so fast was no person.
  return [...sent, ...got].filter((one) => !MARKS.includes(one.kind)).sort((a, b) => a.at - b.at);
}

export async function write(phone: string, to: string, words: string, quote: string | null): Promise<void> {
  const body = quote ? { to, content: { type: "text", text: words, quote } } : { to, text: words };
  await control("POST", path`/phones/${phone}/messages`, { body });
}

export async function sendFile(phone: string, to: string, file: File, caption: string): Promise<void> {
  const type = file.type.startsWith("image/")
    ? "image"
    : file.type.startsWith("video/")
      ? "video"
      : file.type.startsWith("audio/")
        ? "audio"
        : "document";
  const content: Json = { type, data: await base64(file), mimetype: file.type || "application/octet-stream" };
  if (type === "document") content.fileName = file.name;
  if (caption && type !== "audio") content.caption = caption;
  await control("POST", path`/phones/${phone}/messages`, { body: { to, content } });
}

export async function reactWith(phone: string, to: string, message: string, emoji: string): Promise<void> {
  await control("POST", path`/phones/${phone}/messages`, {
    body: { to, content: { type: "reaction", message, emoji } },
  });
}

export async function revoke(phone: string, to: string, message: string): Promise<void> {
  await control("POST", path`/phones/${phone}/messages`, { body: { to, content: { type: "revoke", message } } });
}

export async function edit(phone: string, to: string, message: string, words: string): Promise<void> {
  await control("POST", path`/phones/${phone}/messages`, {
    body: { to, content: { type: "edit", message, text: words } },
  });
}

export async function read(phone: string, chat: string): Promise<void> {
  await control("POST", path`/phones/${phone}/read`, { body: { chat } });
}

/** Networks without typing say so with a 404: then nobody sees it. */
export async function typing(phone: string, to: string, state: "composing" | "paused"): Promise<void> {
  await control("POST", path`/phones/${phone}/typing`, { body: { to, state } });
}

export interface Signal {
  kind: string;
  from: string | null;
  chat: string | null;
  what: string | null;
}

export async function waitForSignals(
  phone: string,
  after: number,
  wait: number,
  signal: AbortSignal,
): Promise<{ signals: Signal[]; next: number }> {
  const body = record(await control("GET", path`/phones/${phone}/signals`, { query: { after, wait }, signal }));
  return {
    next: number(body.next, after),
    signals: list(body.signals ?? [], (row) => ({
      kind: text(row.kind),
      from: textOrNull(row.from),
      chat: textOrNull(row.chat),
      what: textOrNull(row.what),
    })),
  };
}

export interface Room {
  jid: string;
  subject: string;
  members: string[];
}

export async function fetchRooms(signal?: AbortSignal): Promise<Room[]> {
  const body = record(await control("GET", "/groups", { signal }));
  return list(body.groups ?? [], (row) => ({
    jid: text(row.jid),
    subject: text(row.subject),
    members: Array.isArray(row.members)
      ? list(row.members, (member) => text(member.number)).concat(texts(row.members))
      : [],
  }));
}

export async function createRoom(phone: string, subject: string, members: string[]): Promise<string> {
  const body = record(await control("POST", path`/phones/${phone}/groups`, { body: { subject, members } }));
  return text(record(body.group).jid);
}

/** Where the browser finds the file of a message, as the phone decrypts it. */
export function fileOf(phone: string, id: string): string {
  return `./sandbox/control${path`/phones/${phone}/messages/${id}/media`}`;
}

/** The phone that an address of either kind belongs to. */
export function phoneOf(phones: Phone[], jid: string): Phone | null {
  const user = userOf(jid);
  return phones.find((one) => userOf(one.jid) === user || userOf(one.lid) === user || one.number === user) ?? null;
}

async function base64(file: File): Promise<string> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let binary = "";
  const step = 0x8000;
  for (let at = 0; at < bytes.length; at += step) binary += String.fromCharCode(...bytes.subarray(at, at + step));
  return btoa(binary);
}
