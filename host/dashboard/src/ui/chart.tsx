/** A small curve of the last minutes. The number beside it is what counts; the curve shows where it comes from. */

import type { ComponentChildren } from "preact";

const WIDTH = 240;
const HEIGHT = 48;

/** The curve as points of a polyline: the newest on the right, the axis from 0 to `top`. */
export function points(values: number[], top: number, length: number): string {
  const step = WIDTH / Math.max(1, length - 1);
  const start = WIDTH - (values.length - 1) * step;
  return values
    .map((value, index) => {
      const y = HEIGHT - 1 - (Math.max(0, Math.min(top, value)) / (top || 1)) * (HEIGHT - 4);
      return `${(start + index * step).toFixed(1)},${y.toFixed(1)}`;
    })
    .join(" ");
}

interface Props {
  label: string;
  value: string;
  note?: ComponentChildren;
  values: number[];
  /** The top of the axis; the largest value when there is none. */
  top?: number | undefined;
  /** How many values there will be. */
  length: number;
}

export function Chart({ label, value, note, values, top, length }: Props) {
  const highest = top ?? Math.max(1, ...values) * 1.15;
  const line = points(values, highest, length);
  const first = line.split(",", 1)[0] ?? "0";
  return (
    <figure class="chart">
      <figcaption>
        <span class="chart-label">{label}</span>
        <strong>{value}</strong>
        {note ? <span class="chart-note">{note}</span> : null}
      </figcaption>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={`${label}: ${value}`}>
        {values.length > 1 ? (
          <>
            <polygon points={`${first},${HEIGHT} ${line} ${WIDTH},${HEIGHT}`} class="chart-area" />
            <polyline points={line} class="chart-line" vector-effect="non-scaling-stroke" />
          </>
        ) : null}
      </svg>
    </figure>
  );
}
