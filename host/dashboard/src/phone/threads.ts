/** A phone's messages by chat, as its first screen lists them. */

import { type Bubble, type Phone, phoneOf, type Room } from "../api/sandbox";
import { bare, display } from "../logic/jid";

export interface PhoneChat {
  jid: string;
  name: string;
  isGroup: boolean;
  bubbles: Bubble[];
  unread: number;
}

/** One person may write from two addresses: both lead to one chat. */
export function place(jid: string, phones: Phone[]): string {
  if (jid.endsWith("@g.us")) return jid;
  return bare(phoneOf(phones, jid)?.jid ?? jid);
}

export function threads(bubbles: Bubble[], own: string, phones: Phone[], rooms: Room[]): PhoneChat[] {
  const chats = new Map<string, PhoneChat>();
  const open = (jid: string): PhoneChat => {
    const found = chats.get(jid);
    if (found) return found;
    const isGroup = jid.endsWith("@g.us");
    const name = isGroup
      ? (rooms.find((room) => room.jid === jid)?.subject ?? jid)
      : (phoneOf(phones, jid)?.name ?? display(jid));
    const chat: PhoneChat = { jid, name, isGroup, bubbles: [], unread: 0 };
    chats.set(jid, chat);
    return chat;
  };
  for (const one of bubbles) {
    const chat = open(place(one.chat, phones));
    chat.bubbles.push(one);
    if (!one.fromMe && !one.isRead) chat.unread += 1;
  }
  for (const room of rooms) if (room.members.includes(own)) open(room.jid);
  return [...chats.values()].sort((a, b) => (b.bubbles.at(-1)?.at ?? 0) - (a.bubbles.at(-1)?.at ?? 0));
}
