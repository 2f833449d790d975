/** Which rows of a long list of equal heights are to be drawn. */

export interface Window {
  first: number;
  /** One past the last. */
  end: number;
  /** Pixels above the first row. */
  above: number;
  height: number;
}

export function visible(input: {
  total: number;
  rowHeight: number;
  scrollTop: number;
  viewport: number;
  overscan: number;
}): Window {
  const { total, rowHeight, overscan } = input;
  const height = total * rowHeight;
  const top = Math.max(0, Math.min(input.scrollTop, height - input.viewport));
  const first = Math.max(0, Math.min(total, Math.floor(top / rowHeight) - overscan));
  const end = Math.max(first, Math.min(total, Math.ceil((top + input.viewport) / rowHeight) + overscan));
  return { first, end, above: first * rowHeight, height };
}

/** Where to scroll so that a row can be seen; null when it can be already. */
export function reveal(index: number, rowHeight: number, scrollTop: number, viewport: number): number | null {
  const top = index * rowHeight;
  if (top < scrollTop) return top;
  if (top + rowHeight > scrollTop + viewport) return top + rowHeight - viewport;
  return null;
}

/** The row a key leads to from another; null when the key means nothing here. */
export function moved(key: string, index: number, total: number, page: number): number | null {
  if (total === 0) return null;
  const to = {
    ArrowDown: index + 1,
    ArrowUp: index - 1,
    PageDown: index + page,
    PageUp: index - page,
    Home: 0,
    End: total - 1,
  }[key];
  return to === undefined ? null : Math.max(0, Math.min(total - 1, to));
}
