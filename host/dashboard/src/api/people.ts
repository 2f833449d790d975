/** Contacts, groups and labels of a session. */

import { get, path, post, put, remove, upload } from "./http";
import {
  flag,
  isRecord,
  item,
  type Json,
  list,
  nested,
  number,
  numberOrNull,
  record,
  text,
  textOrNull,
  time,
} from "./read";

export interface Contact {
  jid: string;
  name: string | null;
  lid: string | null;
  isVerified: boolean;
  isBlocked: boolean;
  messages: number;
}

export interface Contacts {
  contacts: Contact[];
  total: number;
  pages: number;
}

function contact(row: Json): Contact {
  return {
    jid: text(row.jid),
    name: textOrNull(row.name) ?? textOrNull(row.notify) ?? textOrNull(row.verifiedName),
    lid: textOrNull(row.lid),
    isVerified: textOrNull(row.verifiedName) !== null,
    isBlocked: flag(row.blocked ?? row.isBlocked),
    messages: number(record(row._count).messages),
  };
}

export async function fetchContacts(
  session: string,
  query: { search: string; page: number; limit: number },
  signal?: AbortSignal,
): Promise<Contacts> {
  const body = await get(path`/contacts/${session}`, { query, signal });
  const meta = record(record(body).meta);
  const contacts = list(body, contact);
  return { contacts, total: number(meta.total, contacts.length), pages: number(meta.totalPages, 1) };
}

export async function setBlocked(session: string, jid: string, block: boolean): Promise<void> {
  await post(block ? path`/contacts/${session}/${jid}/block` : path`/contacts/${session}/${jid}/unblock`, {});
}

export interface Member {
  jid: string;
  alt: string | null;
  name: string | null;
  admin: "admin" | "superadmin" | null;
}

export interface Group {
  jid: string;
  subject: string;
  size: number;
  isCommunity: boolean;
}

export interface GroupDetail extends Group {
  description: string;
  owner: string | null;
  createdAt: number | null;
  isAnnounce: boolean;
  isLocked: boolean;
  ephemeral: number;
  members: Member[];
}

function members(value: unknown): Member[] {
  const found = nested(value);
  return list(found, (row) => ({
    jid: text(row.phoneNumber) || text(row.id) || text(row.jid),
    alt: textOrNull(row.lid) ?? textOrNull(row.alt),
    name: textOrNull(row.name) ?? textOrNull(row.notify),
    admin: row.admin === "superadmin" ? "superadmin" : row.admin === "admin" ? "admin" : null,
  }));
}

/** The document shows the JID as `id`; stored rows have it as `jid`. */
function groupJid(row: Json): string {
  const jid = text(row.jid);
  return jid !== "" ? jid : text(row.id);
}

function group(row: Json): Group {
  const people = members(row.participants);
  return {
    jid: groupJid(row),
    subject: text(row.subject) || groupJid(row),
    size: number(row.size, people.length),
    isCommunity: flag(row.isCommunity),
  };
}

function groupDetail(row: Json): GroupDetail {
  return {
    ...group(row),
    description: text(row.desc) || text(row.description),
    owner: textOrNull(row.owner) ?? textOrNull(row.ownerJid),
    createdAt: time(row.creation),
    isAnnounce: flag(row.announce),
    isLocked: flag(row.restrict),
    ephemeral: number(row.ephemeralDuration),
    members: members(row.participants),
  };
}

export async function fetchGroups(session: string, signal?: AbortSignal): Promise<Group[]> {
  return list(await get(path`/groups/${session}`, { signal }), group);
}

export async function fetchGroup(session: string, jid: string, signal?: AbortSignal): Promise<GroupDetail> {
  return item(await get(path`/groups/${session}/${jid}`, { signal }), groupDetail);
}

export async function createGroup(session: string, subject: string, participants: string[]): Promise<string> {
  return item(await post(path`/groups/${session}/create`, { subject, participants }), groupJid, "group");
}

export async function joinGroup(session: string, inviteCode: string): Promise<string> {
  return item(await post(path`/groups/${session}/invite/accept`, { inviteCode }), (data) => text(data.groupJid));
}

export async function setSubject(session: string, jid: string, subject: string): Promise<void> {
  await put(path`/groups/${session}/${jid}/subject`, { subject });
}

export async function setDescription(session: string, jid: string, description: string): Promise<void> {
  await put(path`/groups/${session}/${jid}/description`, { description });
}

export type MemberAction = "add" | "remove" | "promote" | "demote";

/** Who was refused, with WhatsApp's code. */
export async function changeMembers(
  session: string,
  jid: string,
  action: MemberAction,
  participants: string[],
): Promise<{ jid: string; status: string }[]> {
  const body = await put(path`/groups/${session}/${jid}/members`, { action, participants });
  const results = isRecord(body) && Array.isArray(body.result) ? body.result : record(record(body).data).result;
  return list(results ?? [], (row) => ({ jid: text(row.jid), status: text(row.status, "200") })).filter(
    (one) => one.status !== "200",
  );
}

export async function fetchInvite(session: string, jid: string): Promise<string> {
  return item(await get(path`/groups/${session}/${jid}/invite`), inviteUrl);
}

export async function revokeInvite(session: string, jid: string): Promise<string> {
  return item(await put(path`/groups/${session}/${jid}/invite`, {}), inviteUrl);
}

function inviteUrl(data: Json): string {
  const code = text(data.newInviteCode) || text(data.inviteCode);
  return text(data.inviteUrl) || `https://chat.whatsapp.com/${code}`;
}

export type GroupSetting = "announcement" | "not_announcement" | "locked" | "unlocked";

export async function setGroupSetting(session: string, jid: string, setting: GroupSetting): Promise<void> {
  await put(path`/groups/${session}/${jid}/settings`, { setting, value: true });
}

export async function setEphemeral(session: string, jid: string, expiration: number): Promise<void> {
  await put(path`/groups/${session}/${jid}/ephemeral`, { expiration });
}

export async function setGroupPicture(session: string, jid: string, file: File | null): Promise<void> {
  if (!file) {
    await remove(path`/groups/${session}/${jid}/picture`);
    return;
  }
  const form = new FormData();
  form.append("file", file, file.name);
  await upload(path`/groups/${session}/${jid}/picture`, form, { method: "PUT" });
}

export async function leaveGroup(session: string, jid: string): Promise<void> {
  await post(path`/groups/${session}/${jid}/leave`, {});
}

export interface Label {
  id: string;
  name: string;
  color: number;
  chats: number;
}

function label(row: Json): Label {
  return {
    id: text(row.id),
    name: text(row.name),
    color: numberOrNull(row.color) ?? 0,
    chats: number(record(row._count).chatLabels),
  };
}

export async function fetchLabels(session: string, signal?: AbortSignal): Promise<Label[]> {
  return list(await get(path`/labels/${session}`, { signal }), label, "labels");
}

export async function createLabel(session: string, name: string, color: number): Promise<void> {
  await post(path`/labels/${session}`, { name, color });
}

export async function editLabel(session: string, id: string, name: string, color: number): Promise<void> {
  await put(path`/labels/${session}/${id}`, { name, color });
}

export async function deleteLabel(session: string, id: string): Promise<void> {
  await remove(path`/labels/${session}/${id}`);
}

export async function fetchChatsByLabel(session: string, id: string, signal?: AbortSignal): Promise<string[]> {
  const body = record(await get(path`/chats/${session}/by-label/${id}`, { signal }));
  const found = Array.isArray(body.chats) ? body.chats : record(body.data).chats;
  return Array.isArray(found) ? found.filter((one): one is string => typeof one === "string") : [];
}

export async function fetchChatLabels(session: string, jid: string, signal?: AbortSignal): Promise<Label[]> {
  return list(await get(path`/labels/${session}/chat/${jid}/labels`, { signal }), label, "labels");
}

export async function setChatLabel(session: string, jid: string, id: string, isOn: boolean): Promise<void> {
  await put(path`/labels/${session}/chat/${jid}/labels`, { labelIds: [id], action: isOn ? "add" : "remove" });
}
