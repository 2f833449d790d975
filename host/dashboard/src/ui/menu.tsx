/** A button with a list of things to do. */

import { EllipsisVertical, type IconNode } from "lucide";
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { failed } from "../state/toasts";
import { Icon } from "./icon";

export interface MenuItem {
  label: string;
  icon?: IconNode;
  isDanger?: boolean;
  isOn?: boolean;
  href?: string;
  onClick?: () => unknown;
}

export function Menu(props: {
  label: string;
  items: (MenuItem | null | false)[];
  children?: ComponentChildren;
  class?: string;
  listClass?: string;
  tabIndex?: number;
  icon?: IconNode;
}) {
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const [isOpen, setOpen] = useState(false);
  const items = props.items.filter((item): item is MenuItem => item !== null && item !== false);

  useEffect(() => {
    const menu = list.current;
    if (!isOpen || !menu || !button.current) return;
    setPlace(menu, button.current.getBoundingClientRect());
    menu.querySelector<HTMLElement>("[role^=menuitem]")?.focus();
  }, [isOpen]);

  const close = () => list.current?.hidePopover();

  const onKeyDown = (event: KeyboardEvent) => {
    const all = [...(list.current?.querySelectorAll<HTMLElement>("[role^=menuitem]") ?? [])];
    const at = all.indexOf(document.activeElement as HTMLElement);
    const to = {
      ArrowDown: (at + 1) % all.length,
      ArrowUp: (at - 1 + all.length) % all.length,
      Home: 0,
      End: all.length - 1,
    }[event.key];
    if (event.key === "Tab") close();
    if (event.key === "Escape") {
      close();
      button.current?.focus();
    }
    if (to === undefined) return;
    event.preventDefault();
    all[to]?.focus();
  };

  const choose = (item: MenuItem) => {
    close();
    button.current?.focus();
    const result = item.onClick?.();
    if (result instanceof Promise) result.catch(failed);
  };

  return (
    <>
      <button
        ref={button}
        type="button"
        class={props.class ?? "button quiet only-icon"}
        aria-haspopup="menu"
        aria-expanded={isOpen}
        // What it shows is its name, where it shows more than a picture.
        aria-label={props.children ? undefined : props.label}
        title={props.label}
        popovertarget={id}
        tabIndex={props.tabIndex}
        onClick={(event) => event.stopPropagation()}
      >
        {props.children ?? <Icon of={props.icon ?? EllipsisVertical} />}
      </button>
      <div
        ref={list}
        id={id}
        popover="auto"
        role="menu"
        aria-label={props.label}
        class={props.listClass ? `menu ${props.listClass}` : "menu"}
        tabIndex={-1}
        onToggle={(event) => setOpen((event as unknown as { newState: string }).newState === "open")}
        onKeyDown={onKeyDown}
      >
        {isOpen
          ? items.map((item) => {
              const inside = (
                <>
                  {item.icon ? <Icon of={item.icon} /> : null}
                  <span>{item.label}</span>
                </>
              );
              const name = item.isDanger ? "menu-item danger" : "menu-item";
              return item.href ? (
                <a key={item.label} role="menuitem" class={name} href={item.href} tabIndex={-1} onClick={close}>
                  {inside}
                </a>
              ) : (
                // biome-ignore lint/a11y/useAriaPropsSupportedByRole: where it is checked, its role is that of a check box
                <button
                  key={item.label}
                  type="button"
                  role={item.isOn === undefined ? "menuitem" : "menuitemcheckbox"}
                  aria-checked={item.isOn}
                  class={name}
                  tabIndex={-1}
                  onClick={() => choose(item)}
                >
                  {inside}
                </button>
              );
            })
          : null}
      </div>
    </>
  );
}

/** Below the button, or above where there is no room; never over the edge of the page. */
function setPlace(menu: HTMLElement, button: DOMRect): void {
  const { width, height } = menu.getBoundingClientRect();
  const gap = 4;
  const left = Math.max(8, Math.min(button.right - width, window.innerWidth - width - 8));
  const isBelow = button.bottom + gap + height < window.innerHeight || button.top < height;
  menu.style.left = `${left}px`;
  menu.style.top = `${isBelow ? button.bottom + gap : button.top - gap - height}px`;
}
