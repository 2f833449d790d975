/** WhatsApp addresses as people read them. */

export type Kind = "person" | "group" | "status" | "newsletter" | "other";

export function kindOf(jid: string): Kind {
  const server = jid.slice(jid.indexOf("@") + 1);
  if (!jid.includes("@") || server === "s.whatsapp.net" || server === "c.us" || server === "lid") return "person";
  if (server === "g.us") return "group";
  if (jid === "status@broadcast") return "status";
  return server === "newsletter" ? "newsletter" : "other";
}

/** The part in front of the `@`, without a device. */
export function userOf(jid: string): string {
  return (jid.split("@", 1)[0] ?? "").split(":", 1)[0] ?? "";
}

/** Without a device, `c.us` as `s.whatsapp.net`: what two spellings of one address have in common. */
export function bare(jid: string): string {
  const server = jid.includes("@") ? jid.slice(jid.indexOf("@") + 1) : "s.whatsapp.net";
  return `${userOf(jid)}@${server === "c.us" ? "s.whatsapp.net" : server}`;
}

export function isSame(a: string, b: string): boolean {
  return bare(a) === bare(b);
}

/** `+1 202 555 0101` for a phone number; the id for what has none. */
export function display(jid: string): string {
  const user = userOf(jid);
  const server = jid.includes("@") ? jid.slice(jid.indexOf("@") + 1) : "s.whatsapp.net";
  if ((server === "s.whatsapp.net" || server === "c.us") && /^\d{7,15}$/.test(user)) return phone(user);
  if (server === "lid") return `~${user}`;
  return user || jid;
}

/** Digits in groups. Not a national format: it is only to be read out. */
export function phone(digits: string): string {
  const nanp = /^1(\d{3})(\d{3})(\d{4})$/.exec(digits);
  if (nanp) return `+1 ${nanp[1]} ${nanp[2]} ${nanp[3]}`;
  const groups = digits.slice(2).match(/\d{1,3}(?=(?:\d{3})*$)/g) ?? [];
  return `+${digits.slice(0, 2)} ${groups.join(" ")}`.trim();
}

/** What somebody typed as an address: digits, or a JID as it is. Null when it can be neither. */
export function fromInput(typed: string): string | null {
  const trimmed = typed.trim();
  if (trimmed.includes("@"))
    return /^[\w.:-]+@(s\.whatsapp\.net|c\.us|lid|g\.us|newsletter|broadcast)$/.test(trimmed) ? trimmed : null;
  const digits = trimmed.replace(/[\s().+-]/g, "");
  return /^\d{7,15}$/.test(digits) ? `${digits}@s.whatsapp.net` : null;
}

/** Addresses from a text with one a line, or separated by commas or semicolons. */
export function manyFromInput(typed: string): { good: string[]; bad: string[] } {
  const good = new Set<string>();
  const bad: string[] = [];
  for (const part of typed.split(/[\n,;]+/)) {
    if (part.trim() === "") continue;
    const jid = fromInput(part);
    if (jid) good.add(jid);
    else bad.push(part.trim());
  }
  return { good: [...good], bad };
}
