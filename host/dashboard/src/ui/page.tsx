/** The frame of a page: its title, what can be done, and what is in it. */

import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { info } from "../state/viewer";

interface Props {
  title: string;
  /** Instead of the title on the page, where it is more than text. */
  head?: ComponentChildren;
  text?: ComponentChildren;
  actions?: ComponentChildren;
  tabs?: ComponentChildren;
  children: ComponentChildren;
  /** Fills the window: its parts scroll, not the page. */
  isFilling?: boolean;
  width?: "narrow" | "wide";
  back?: ComponentChildren;
}

export function Page({ title, head, text, actions, tabs, children, isFilling, width = "wide", back }: Props) {
  useTitle(title);
  return (
    <div class={`page ${isFilling ? "filling" : ""} ${width}`}>
      <header class="page-head">
        <div class="page-title">
          {back}
          {head ?? <h1>{title}</h1>}
          {text ? <p class="page-text">{text}</p> : null}
        </div>
        {actions ? <div class="page-actions">{actions}</div> : null}
      </header>
      {tabs}
      <div class="page-body">{children}</div>
    </div>
  );
}

/** The window's title. When another page comes, the focus goes to its start, so that readers of the screen notice. */
export function useTitle(title: string): void {
  const isFirst = useRef(true);
  useEffect(() => {
    document.title = `${title} · ${info.value?.appName ?? "wagate"}`;
    if (!isFirst.current) return;
    isFirst.current = false;
    const active = document.activeElement;
    // The focus is on what led here and is gone now, or on the menu: the page is next.
    if (!active || active === document.body || active.closest(".sidebar"))
      document.getElementById("main")?.focus({ preventScroll: true });
  }, [title]);
}

export function Section({
  title,
  text,
  actions,
  children,
}: {
  title: string;
  text?: ComponentChildren;
  actions?: ComponentChildren;
  children: ComponentChildren;
}) {
  return (
    <section class="section">
      <header class="section-head">
        <div>
          <h2>{title}</h2>
          {text ? <p class="hint">{text}</p> : null}
        </div>
        {actions ? <div class="section-actions">{actions}</div> : null}
      </header>
      {children}
    </section>
  );
}
