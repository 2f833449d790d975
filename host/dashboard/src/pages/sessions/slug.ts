/** The name of a session in paths. */

import { t } from "../../text/en";

/** From the name that people read: `Front desk` becomes `front-desk`. */
export function slugFrom(name: string): string {
  return name
    .normalize("NFKD")
    .toLowerCase()
    .replace(/[\u0300-\u036f]/g, "")
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 64);
}

export function slugProblem(slug: string, taken: string[]): string | null {
  if (slug.length < 2) return t.sessions.slugShort;
  if (!/^[a-z0-9][a-z0-9_-]{1,63}$/.test(slug)) return t.sessions.slugWrong;
  return taken.includes(slug) ? t.sessions.slugTaken : null;
}
