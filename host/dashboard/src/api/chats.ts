/** Chats and what is written in them. */

import { bare, userOf } from "../logic/jid";
import { get, patch, path, post, put, remove, upload } from "./http";
import {
  flag,
  isRecord,
  item,
  type Json,
  list,
  nested,
  number,
  numberOrNull,
  oneOf,
  record,
  text,
  textOrNull,
  time,
} from "./read";

export const TICKS = ["PENDING", "SENT", "DELIVERED", "READ", "PLAYED", "FAILED"] as const;
export type Ticks = (typeof TICKS)[number];

export interface Chat {
  jid: string;
  name: string | null;
  picture: string | null;
  last: { content: string | null; at: number; type: string; fromMe: boolean; ticks: Ticks | null } | null;
  unread: number;
  isArchived: boolean;
  isPinned: boolean;
  mutedUntil: number | null;
}

function chat(row: Json): Chat {
  const last = isRecord(row.lastMessage) ? row.lastMessage : null;
  const jid = bare(text(row.jid));
  // Where nobody told a name, some gateways answer with the number.
  const names = [row.name, row.notify, row.pushName].map(textOrNull);
  return {
    jid,
    name: names.find((name) => name !== null && name !== userOf(jid)) ?? null,
    picture: textOrNull(row.profilePic),
    last: last && {
      content: textOrNull(last.content),
      at: time(last.timestamp) ?? 0,
      type: text(last.type, "TEXT"),
      fromMe: flag(last.fromMe),
      ticks: flag(last.fromMe) ? oneOf(last.status, TICKS, "SENT") : null,
    },
    unread: number(row.unreadCount ?? row.unread),
    isArchived: flag(row.archived),
    isPinned: flag(row.pinned) || (numberOrNull(row.pinned) ?? 0) > 0,
    mutedUntil: time(row.mutedUntil),
  };
}

/** The most a gateway gives at once. */
const CHATS_AT_ONCE = 1_000;
/** Nobody scrolls further; a list that changes while it is read ends as well. */
const MOST_CHATS = 50_000;

/** All of them, newest first. `soFar` gets what is there already after the first part: the rest may take a moment. */
export async function fetchChats(
  session: string,
  signal?: AbortSignal,
  soFar?: (chats: Chat[]) => void,
): Promise<Chat[]> {
  const found = new Map<string, Chat>();
  for (let offset = 0; offset < MOST_CHATS; offset += CHATS_AT_ONCE) {
    const query = `?limit=${CHATS_AT_ONCE}&offset=${offset}`;
    const part = list(await get(path`/chat/${session}` + query, { signal }), chat);
    // A chat that moves to the top meanwhile pushes another one into the next part.
    for (const one of part) if (!found.has(one.jid)) found.set(one.jid, one);
    if (part.length < CHATS_AT_ONCE) break;
    if (offset === 0) soFar?.([...found.values()]);
  }
  return [...found.values()];
}

export interface Reaction {
  emoji: string;
  sender: string;
  fromMe: boolean;
}

export interface Message {
  /** WhatsApp's id. */
  key: string;
  chat: string;
  fromMe: boolean;
  sender: string | null;
  senderName: string | null;
  type: string;
  content: string | null;
  at: number;
  ticks: Ticks;
  mediaUrl: string | null;
  mimeType: string | null;
  fileName: string | null;
  fileSize: number | null;
  quoteId: string | null;
  quoted: string | null;
  editedAt: number | null;
  deletedAt: number | null;
  reactions: Reaction[];
}

export function message(row: Json): Message {
  const sender = isRecord(row.sender) ? text(row.sender.id) : text(row.sender);
  return {
    key: text(row.keyId) || text(record(row.key).id),
    chat: bare(text(row.remoteJid) || text(record(row.key).remoteJid)),
    fromMe: flag(row.fromMe),
    sender: textOrNull(row.senderJid) ?? textOrNull(sender),
    senderName: textOrNull(row.senderName) ?? textOrNull(row.pushName),
    type: text(row.type, "TEXT").toUpperCase(),
    content: textOrNull(row.content),
    at: time(row.timestamp) ?? 0,
    ticks: oneOf(row.status, TICKS, "PENDING"),
    mediaUrl: textOrNull(row.mediaUrl),
    mimeType: textOrNull(row.mimeType),
    fileName: textOrNull(row.fileName),
    fileSize: numberOrNull(row.fileSize),
    quoteId: textOrNull(row.quoteId),
    quoted: textOrNull(row.quotedContent),
    editedAt: time(row.editedAt),
    deletedAt: time(row.deletedAt),
    reactions: reactions(row.reactions),
  };
}

function reactions(value: unknown): Reaction[] {
  const found = nested(value);
  if (!Array.isArray(found)) return [];
  return found
    .filter(isRecord)
    .map((one) => ({
      emoji: text(one.emoji) || text(one.text),
      sender: text(one.sender) || text(one.from),
      fromMe: flag(one.fromMe),
    }))
    .filter((one) => one.emoji !== "");
}

/** The newest hundred, oldest first. */
export async function fetchMessages(session: string, jid: string, signal?: AbortSignal): Promise<Message[]> {
  return list(await get(path`/chat/${session}/${jid}`, { signal }), message);
}

export interface Found {
  messages: Message[];
  page: number;
  pages: number;
  total: number;
}

/** Newest first, a page of them. */
export async function searchMessages(
  session: string,
  query: { q?: string; jid?: string; page?: number; limit?: number; type?: string },
  signal?: AbortSignal,
): Promise<Found> {
  const body = await get(path`/messages/${session}/search`, { query, signal });
  const paging = record(record(body).pagination);
  return {
    messages: list(body, message),
    page: number(paging.page, 1),
    pages: number(paging.pages, 1),
    total: number(paging.total),
  };
}

export interface SendOptions {
  quotedId?: string | null;
  /** The same for each try of one message: it leaves once. */
  idempotencyKey: string;
}

/** The id of the sent message. */
function sentId(body: unknown): string {
  return item(body, (data) => text(record(data.key).id));
}

export async function sendContent(session: string, jid: string, content: Json, options: SendOptions): Promise<string> {
  const body = { message: content, ...(options.quotedId ? { quotedMessageId: options.quotedId } : {}) };
  return sentId(
    await post(path`/messages/${session}/${jid}/send`, body, {
      headers: { "Idempotency-Key": options.idempotencyKey },
    }),
  );
}

export type MediaKind = "image" | "video" | "audio" | "voice" | "document" | "sticker";

export async function sendMedia(
  session: string,
  jid: string,
  media: { file: File; kind: MediaKind; caption: string },
  options: SendOptions & { onProgress?: (part: number) => void; signal?: AbortSignal },
): Promise<string> {
  const form = new FormData();
  form.append("type", media.kind);
  if (media.caption) form.append("caption", media.caption);
  if (options.quotedId) form.append("quotedMessageId", options.quotedId);
  form.append("file", media.file, media.file.name);
  const where =
    media.kind === "sticker" ? path`/messages/${session}/${jid}/sticker` : path`/messages/${session}/${jid}/media`;
  const sending: Parameters<typeof upload>[2] = { headers: { "Idempotency-Key": options.idempotencyKey } };
  if (options.onProgress) sending.onProgress = options.onProgress;
  if (options.signal) sending.signal = options.signal;
  return sentId(await upload(where, form, sending));
}

export async function sendPoll(
  session: string,
  jid: string,
  poll: { question: string; options: string[]; selectableCount: number },
): Promise<void> {
  await post(path`/messages/${session}/${jid}/poll`, poll);
}

export async function sendLocation(
  session: string,
  jid: string,
  place: { latitude: number; longitude: number; name: string },
): Promise<void> {
  await post(path`/messages/${session}/${jid}/location`, place);
}

export async function react(session: string, jid: string, key: string, emoji: string): Promise<void> {
  await post(path`/messages/${session}/${jid}/${key}/react`, { emoji });
}

export async function deleteMessage(session: string, jid: string, key: string): Promise<void> {
  await remove(path`/messages/${session}/${jid}/${key}`);
}

export async function editMessage(session: string, jid: string, key: string, content: string): Promise<void> {
  await patch(path`/messages/${session}/${jid}/${key}`, { text: content });
}

export async function forward(session: string, fromJid: string, messageId: string, toJids: string[]): Promise<void> {
  await post(path`/messages/${session}/forward`, { fromJid, messageId, toJids });
}

export async function markRead(session: string, jid: string): Promise<void> {
  await put(path`/chat/${session}/${jid}/read`, {});
}

export async function setPresence(session: string, jid: string, presence: "composing" | "paused"): Promise<void> {
  await post(path`/chat/${session}/${jid}/presence`, { presence });
}

export async function setArchived(session: string, jid: string, archive: boolean): Promise<void> {
  await put(path`/chat/${session}/${jid}/archive`, { archive });
}

export async function setPinned(session: string, jid: string, pin: boolean): Promise<void> {
  await put(path`/chat/${session}/${jid}/pin`, { pin });
}

export async function setMuted(session: string, jid: string, mute: boolean): Promise<void> {
  await put(path`/chat/${session}/${jid}/mute`, { mute });
}

export interface Checked {
  number: string;
  exists: boolean;
  jid: string | null;
  error: string | null;
}

export async function checkNumbers(session: string, numbers: string[]): Promise<Checked[]> {
  return list(
    await post(path`/chat/${session}/check`, { numbers }),
    (row) => ({
      number: text(row.number),
      exists: flag(row.exists),
      jid: textOrNull(row.jid),
      error: textOrNull(row.error),
    }),
    "results",
  );
}

/** Where the browser finds a message's file. */
export function mediaOf(session: string, one: Message): string {
  return `./api${path`/messages/${session}/download/${one.key}/media`}`;
}
