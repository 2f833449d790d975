/** A list of any length: only the rows that can be seen are drawn. Arrow keys go through all of them. */

import type { ComponentChildren } from "preact";
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { moved, reveal, visible } from "../logic/virtual";
import { memo } from "./memo";

export interface RowPlace {
  index: number;
  /** For the row's link or button: one of the list is in the tab order. */
  tabIndex: 0 | -1;
}

interface Props<T> {
  items: T[];
  rowHeight: number;
  label: string;
  keyOf: (item: T) => string;
  /** Draws a row. What takes the focus in it carries `data-row`. */
  children: (item: T, place: RowPlace) => ComponentChildren;
  /** The row that is open: it takes the focus first. */
  current?: string | null;
  /** Called when the end comes near. */
  onEnd?: () => void;
  class?: string;
}

const OVERSCAN = 8;

type Draw = (item: unknown, place: RowPlace) => ComponentChildren;

/** Scrolling moves rows and changes none of them. */
const Row = memo(
  ({ item, draw, ...place }: RowPlace & { item: unknown; draw: Draw }) => <>{draw(item, place)}</>,
  (a, b) => a.item === b.item && a.index === b.index && a.tabIndex === b.tabIndex && a.draw === b.draw,
);

export function VirtualList<T>(props: Props<T>) {
  const { items, rowHeight, keyOf } = props;
  const box = useRef<HTMLDivElement>(null);
  const [scrollTop, setScrollTop] = useState(0);
  const [viewport, setViewport] = useState(800);
  const [active, setActive] = useState(0);
  const wantsFocus = useRef(false);

  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    const measure = () => setViewport(element.clientHeight);
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  const at = props.current == null ? -1 : items.findIndex((item) => keyOf(item) === props.current);
  useEffect(() => {
    if (at < 0 || !box.current) return;
    setActive(at);
    const to = reveal(at, rowHeight, box.current.scrollTop, box.current.clientHeight);
    if (to !== null) box.current.scrollTop = to;
    // Only when another row is opened, not when rows move.
    // See above.
  }, [props.current]);

  const window = visible({ total: items.length, rowHeight, scrollTop, viewport, overscan: OVERSCAN });
  const onEnd = props.onEnd;
  const isNearEnd = items.length > 0 && window.end >= items.length;
  useEffect(() => {
    if (isNearEnd) onEnd?.();
  }, [isNearEnd, onEnd]);

  useEffect(() => {
    if (!wantsFocus.current) return;
    const row = box.current?.querySelector<HTMLElement>(`[data-index="${active}"] [data-row]`);
    if (!row) return;
    wantsFocus.current = false;
    row.focus({ preventScroll: true });
  });

  const onKeyDown = useCallback(
    (event: KeyboardEvent) => {
      const element = box.current;
      const target = event.target as HTMLElement;
      if (!element || !target.hasAttribute("data-row") || event.altKey || event.ctrlKey || event.metaKey) return;
      const from = Number(target.closest<HTMLElement>("[data-index]")?.dataset.index ?? active);
      const to = moved(event.key, from, items.length, Math.max(1, Math.floor(element.clientHeight / rowHeight) - 1));
      if (to === null) return;
      event.preventDefault();
      const top = reveal(to, rowHeight, element.scrollTop, element.clientHeight);
      if (top !== null) element.scrollTop = top;
      wantsFocus.current = true;
      setActive(to);
      setScrollTop(element.scrollTop);
    },
    [active, items.length, rowHeight],
  );

  const focusable = Math.min(active, items.length - 1);
  // A row that was scrolled away cannot be tabbed to: the first one that is there takes its place.
  const tabbable = focusable >= window.first && focusable < window.end ? focusable : window.first;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the keys belong to the rows inside
    <div
      ref={box}
      class={props.class ? `virtual ${props.class}` : "virtual"}
      style={{ flexBasis: `${window.height + 2}px`, "--rows": `${window.height + 2}px` }}
      onScroll={(event) => setScrollTop(event.currentTarget.scrollTop)}
      onKeyDown={onKeyDown}
    >
      <ul class="virtual-rows" aria-label={props.label} style={{ height: `${window.height}px` }}>
        {items.slice(window.first, window.end).map((item, offset) => {
          const index = window.first + offset;
          return (
            <li
              key={keyOf(item)}
              data-index={index}
              aria-setsize={items.length}
              aria-posinset={index + 1}
              style={{ transform: `translateY(${index * rowHeight}px)`, height: `${rowHeight}px` }}
            >
              <Row item={item} index={index} tabIndex={index === tabbable ? 0 : -1} draw={props.children as Draw} />
            </li>
          );
        })}
      </ul>
    </div>
  );
}
