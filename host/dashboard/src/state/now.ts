/** The time, for texts such as "3 minutes ago": one clock for the page. */

import { signal } from "@preact/signals";

export const now = signal(Date.now());

setInterval(() => {
  if (document.visibilityState === "visible") now.value = Date.now();
}, 15_000);

document.addEventListener("visibilitychange", () => {
  now.value = Date.now();
});
