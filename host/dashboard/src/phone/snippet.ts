/** A message of the phone in a few words. */

import type { Bubble } from "../api/sandbox";
import { plain } from "../logic/markup";
import { t } from "../text/en";

export function snippet(one: Bubble): string {
  if (one.isRevoked) return t.chats.deleted;
  const word = t.phone.kinds[one.kind as keyof typeof t.phone.kinds];
  const text = one.text ? plain(one.text) : "";
  return word ? (text ? `${word}: ${text}` : word) : text || one.kind;
}
