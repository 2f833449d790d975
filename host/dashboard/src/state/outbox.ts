/** Messages that are on their way: shown at once, kept when they fail, sent again with the same key, so that each leaves once. */

import { signal } from "@preact/signals";
import { type MediaKind, type Message, sendContent, sendMedia } from "../api/chats";
import { asApiError } from "../api/error";

export interface Outgoing {
  /** The idempotency key of all its tries. */
  id: string;
  session: string;
  jid: string;
  text: string;
  file: { file: File; kind: MediaKind; preview: string | null } | null;
  quoted: Message | null;
  at: number;
  state: "sending" | "sent" | "failed";
  /** Of an upload, 0 to 1. */
  progress: number | null;
  error: string | null;
  /** WhatsApp's id, once it is known. */
  key: string | null;
}

export const outbox = signal<Outgoing[]>([]);

function change(id: string, parts: Partial<Outgoing>): void {
  outbox.value = outbox.value.map((one) => (one.id === id ? { ...one, ...parts } : one));
}

export function drop(id: string): void {
  const gone = outbox.value.find((one) => one.id === id);
  if (gone?.file?.preview) URL.revokeObjectURL(gone.file.preview);
  outbox.value = outbox.value.filter((one) => one.id !== id);
}

export function queue(draft: Pick<Outgoing, "session" | "jid" | "text" | "file" | "quoted">): void {
  const one: Outgoing = {
    ...draft,
    id: newKey(),
    at: Date.now(),
    state: "sending",
    progress: null,
    error: null,
    key: null,
  };
  outbox.value = [...outbox.value, one];
  void attempt(one);
}

export function retry(id: string): void {
  const one = outbox.value.find((other) => other.id === id);
  if (one?.state === "failed") void attempt(one);
}

async function attempt(one: Outgoing): Promise<void> {
  change(one.id, { state: "sending", error: null, progress: one.file ? 0 : null });
  const options = { idempotencyKey: one.id, quotedId: one.quoted?.key ?? null };
  try {
    const key = one.file
      ? await sendMedia(
          one.session,
          one.jid,
          { file: one.file.file, kind: one.file.kind, caption: one.text },
          { ...options, onProgress: (progress) => change(one.id, { progress }) },
        )
      : await sendContent(one.session, one.jid, { text: one.text }, options);
    change(one.id, { state: "sent", key, progress: null });
    // A gateway that does not say the id: the list of messages will show it.
    if (!key) drop(one.id);
  } catch (error) {
    change(one.id, { state: "failed", error: asApiError(error).message, progress: null });
  }
}

/** What the chat shows by now is no longer on its way. */
export function settle(keys: Set<string>): void {
  for (const one of outbox.peek()) if (one.key !== null && keys.has(one.key)) drop(one.id);
}

/** `randomUUID` is there in secure places only, and plain http on another host is none. */
export function newKey(): string {
  if (typeof crypto.randomUUID === "function") return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
