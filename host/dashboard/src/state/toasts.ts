/** Short notes at the edge of the page. */

import { signal } from "@preact/signals";
import { ApiError } from "../api/error";
import { t } from "../text/en";

export interface Toast {
  id: number;
  kind: "done" | "error";
  text: string;
  requestId: string | null;
}

export const toasts = signal<Toast[]>([]);
let last = 0;

function add(toast: Omit<Toast, "id">, ms: number): void {
  last += 1;
  const id = last;
  toasts.value = [...toasts.value.slice(-3), { ...toast, id }];
  setTimeout(() => dismiss(id), ms);
}

export function dismiss(id: number): void {
  toasts.value = toasts.value.filter((toast) => toast.id !== id);
}

export function done(text: string): void {
  add({ kind: "done", text, requestId: null }, 4_000);
}

export function failed(error: unknown): void {
  const isOurs = error instanceof ApiError;
  add(
    { kind: "error", text: isOurs ? error.message : t.errors.unexpected, requestId: isOurs ? error.requestId : null },
    10_000,
  );
  // A mistake of the page itself belongs into the console.
  if (!isOurs) console.error(error);
}

/** Does something and says how it went. True when it went well. */
export async function attempt(what: () => Promise<unknown>, success?: string): Promise<boolean> {
  try {
    await what();
    if (success) done(success);
    return true;
  } catch (error) {
    failed(error);
    return false;
  }
}
