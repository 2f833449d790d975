/** What changed between two texts, line by line. */

export interface Line {
  kind: "same" | "added" | "removed";
  text: string;
  /** Number in the new text; of the old one for what was removed. */
  number: number;
}

/** Above this the table of the longest common lines is too large: everything counts as replaced. */
const MOST_CELLS = 4_000_000;

export function diff(before: string, after: string): Line[] {
  const a = before.split("\n");
  const b = after.split("\n");
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head += 1;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail])
    tail += 1;
  const same = (from: number, to: number): Line[] =>
    b.slice(from, to).map((text, index) => ({ kind: "same", text, number: from + index + 1 }));
  return [
    ...same(0, head),
    ...middle(a.slice(head, a.length - tail), b.slice(head, b.length - tail), head),
    ...same(b.length - tail, b.length),
  ];
}

function middle(a: string[], b: string[], offset: number): Line[] {
  const removed = (index: number): Line => ({ kind: "removed", text: a[index] ?? "", number: offset + index + 1 });
  const added = (index: number): Line => ({ kind: "added", text: b[index] ?? "", number: offset + index + 1 });
  if (a.length * b.length > MOST_CELLS)
    return [...a.map((_, index) => removed(index)), ...b.map((_, index) => added(index))];
  const width = b.length + 1;
  const common = new Uint32Array((a.length + 1) * width);
  const at = (i: number, j: number) => common[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      common[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const lines: Line[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lines.push({ kind: "same", text: b[j] ?? "", number: offset + j + 1 });
      i += 1;
      j += 1;
    } else if (i < a.length && (j >= b.length || at(i + 1, j) >= at(i, j + 1))) {
      lines.push(removed(i));
      i += 1;
    } else {
      lines.push(added(j));
      j += 1;
    }
  }
  return lines;
}

/** Changed lines with a few around them; null stands for what was left out. */
export function hunks(lines: Line[], context = 3): (Line | null)[] {
  const keep = new Set<number>();
  lines.forEach((line, index) => {
    if (line.kind === "same") return;
    for (let near = index - context; near <= index + context; near += 1) keep.add(near);
  });
  const shown: (Line | null)[] = [];
  lines.forEach((line, index) => {
    if (keep.has(index)) shown.push(line);
    else if (shown.at(-1) !== null && shown.length > 0) shown.push(null);
  });
  if (shown.at(-1) === null) shown.pop();
  return shown;
}
