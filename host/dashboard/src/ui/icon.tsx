/** Pictures for what a word says anyway: always hidden from readers of the screen. */

import type { IconNode } from "lucide";
import { h } from "preact";

export function Icon({ of, size = 16, class: name }: { of: IconNode; size?: number; class?: string }) {
  return (
    <svg
      class={name ? `icon ${name}` : "icon"}
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      stroke-width="1.9"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      {of.map(([tag, attributes], index) => h(tag, { key: index, ...attributes }))}
    </svg>
  );
}
