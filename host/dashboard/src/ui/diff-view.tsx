/** Lines of a file, the changed ones marked by a sign and a colour. */

import type { Line } from "../logic/diff";
import { t } from "../text/en";

const SIGNS = { same: " ", added: "+", removed: "−" };

export function DiffView({ lines }: { lines: (Line | null)[] }) {
  return (
    // Long lines scroll, also by the keyboard.
    <section class="diff" aria-label={t.diff.label} tabIndex={0}>
      {lines.map((line, index) =>
        line ? (
          // Lines have no names.
          <div key={index} class={`diff-line ${line.kind}`}>
            <span class="diff-number" aria-hidden="true">
              {line.number}
            </span>
            <span class="diff-sign" aria-hidden="true">
              {SIGNS[line.kind]}
            </span>
            <code>
              {line.kind === "same" ? null : <span class="unseen">{t.diff[line.kind]} </span>}
              {line.text}
            </code>
          </div>
        ) : (
          // As above.
          <div key={index} class="diff-gap" aria-hidden="true">
            ⋯
          </div>
        ),
      )}
    </section>
  );
}
