/** Addresses within the page: `#/chats/shop/12025550100@s.whatsapp.net?filter=unread`. */

import { computed, signal } from "@preact/signals";

/** Pages that show one session, named by the second part of the address. */
export const OF_SESSION = [
  "chats",
  "contacts",
  "groups",
  "labels",
  "autoreplies",
  "scheduler",
  "broadcast",
  "webhooks",
  "session",
];

export interface Place {
  path: string;
  parts: string[];
  query: URLSearchParams;
}

export function parsePlace(hash: string): Place {
  const raw = hash.replace(/^#/, "") || "/";
  const [path = "/", query = ""] = raw.split("?", 2);
  const parts = path.split("/").filter(Boolean).map(decoded);
  return { path: `/${parts.join("/")}`, parts, query: new URLSearchParams(query) };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** An address of this page, each part escaped. */
export function to(...parts: string[]): string {
  return `#/${parts.map((part) => encodeURIComponent(part).replaceAll("%40", "@")).join("/")}`;
}

const hash = signal(window.location.hash);
export const place = computed(() => parsePlace(hash.value));

window.addEventListener("hashchange", () => {
  hash.value = window.location.hash;
});

export function go(address: string, replace = false): void {
  if (replace) {
    window.history.replaceState(null, "", address);
    hash.value = address;
  } else window.location.hash = address;
}
