/** The only way an address from outside becomes a link. */

/** An absolute http or https address, or null. */
export function external(address: string | null | undefined): string | null {
  if (!address) return null;
  try {
    const url = new URL(address);
    if (url.protocol !== "http:" && url.protocol !== "https:") return null;
    return url.username || url.password ? null : url.href;
  } catch {
    return null;
  }
}

/** A file of this gateway: a path under `/api/`, kept relative to the page. Null for anything else. */
export function ownFile(address: string | null | undefined): string | null {
  if (!address) return null;
  const path = address.startsWith("/api/") ? `.${address}` : address;
  if (!path.startsWith("./api/") || path.includes("..", 2) || path.includes("\\")) return null;
  return path;
}

/** A page of the dashboard in a notification: `#/...` or `/...`, never another host. */
export function ownPage(address: string | null | undefined): string | null {
  if (!address) return null;
  const path = address.startsWith("#") ? address.slice(1) : address;
  return /^\/(?![/\\])[\w\-/@.%:?=&]*$/.test(path) ? `#${path}` : null;
}
