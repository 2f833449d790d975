/** What the monitor said in the last minutes. Kept while the page is there, so that a curve does not start anew at each visit. */

import { signal } from "@preact/signals";
import type { Monitor } from "../../api/admin";

export const LENGTH = 120;
export const history = signal<Monitor[]>([]);

/** A pause longer than this is a hole: the curve starts again. */
const LONGEST_GAP_MS = 60_000;

export function keep(now: Monitor): void {
  const last = history.peek().at(-1);
  if (last?.at === now.at) return;
  const before = last && now.at - last.at > LONGEST_GAP_MS ? [] : history.peek();
  history.value = [...before, now].slice(-LENGTH);
}
