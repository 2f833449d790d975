/** How this browser likes the page. */

import { effect } from "@preact/signals";
import { stored } from "./stored";

export type Theme = "system" | "light" | "dark";

export const theme = stored<Theme>(
  "theme",
  (value): value is Theme => ["system", "light", "dark"].includes(value),
  "system",
);
/** The session that the pages of one session show. */
export const lastSession = stored<string>("session", null, "");
/** Whether opening a chat tells the other side that it was read. */
export const readOnOpen = stored<"yes" | "no">(
  "readOnOpen",
  (value): value is "yes" | "no" => value === "yes" || value === "no",
  "no",
);

effect(() => {
  const root = document.documentElement;
  if (theme.value === "system") delete root.dataset.theme;
  else root.dataset.theme = theme.value;
});
