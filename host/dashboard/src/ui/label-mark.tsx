import type { Label } from "../api/people";
import { clean } from "../logic/filename";

/** The contract's twenty colours, by number. */
export const COLORS = 20;

export function LabelMark({ label }: { label: Pick<Label, "name" | "color"> }) {
  return (
    <span class="label-mark">
      <span class={`swatch color-${Math.max(0, Math.min(COLORS - 1, label.color))}`} aria-hidden="true" />
      <bdi>{clean(label.name)}</bdi>
    </span>
  );
}
