import type { IconNode } from "lucide";
import { LoaderCircle } from "lucide";
import type { ComponentChildren, Ref } from "preact";
import { useState } from "preact/hooks";
import { failed } from "../state/toasts";
import { Icon } from "./icon";

type Look = "plain" | "primary" | "quiet" | "danger";

export interface ButtonProps {
  children?: ComponentChildren;
  icon?: IconNode;
  look?: Look;
  isSmall?: boolean;
  isBusy?: boolean | undefined;
  disabled?: boolean | undefined;
  type?: "button" | "submit";
  /** May answer with a promise: the button waits, and what goes wrong is shown. */
  onClick?: (event: MouseEvent) => unknown;
  form?: string;
  title?: string;
  "aria-pressed"?: boolean;
  "aria-label"?: string;
  class?: string;
  buttonRef?: Ref<HTMLButtonElement>;
  tabIndex?: number;
}

export function Button(props: ButtonProps) {
  const {
    children,
    icon,
    look = "plain",
    isSmall,
    disabled,
    type = "button",
    onClick,
    buttonRef,
    class: extra,
    ...rest
  } = props;
  const [isWaiting, setWaiting] = useState(false);
  const isBusy = props.isBusy || isWaiting;
  delete (rest as { isBusy?: boolean }).isBusy;

  const press = async (event: MouseEvent) => {
    const result = onClick?.(event);
    if (!(result instanceof Promise)) return;
    setWaiting(true);
    try {
      await result;
    } catch (error) {
      failed(error);
    } finally {
      setWaiting(false);
    }
  };

  const names = ["button", look, isSmall ? "small" : "", children ? "" : "only-icon", extra ?? ""];
  return (
    <button
      {...rest}
      ref={buttonRef}
      type={type}
      class={names.filter(Boolean).join(" ")}
      disabled={disabled || isBusy}
      aria-busy={isBusy || undefined}
      onClick={press}
    >
      {isBusy ? <Icon of={LoaderCircle} class="spins" /> : icon ? <Icon of={icon} /> : null}
      {children ? <span>{children}</span> : null}
    </button>
  );
}

/** A button that is only a picture: `label` is what it does. */
export function IconButton({
  label,
  ...props
}: Omit<ButtonProps, "children" | "aria-label"> & { label: string; icon: IconNode }) {
  return <Button look="quiet" {...props} aria-label={label} title={props.title ?? label} />;
}

/** A link that looks like a button. */
export function ButtonLink(props: {
  href: string;
  icon?: IconNode;
  look?: Look;
  isSmall?: boolean;
  children: ComponentChildren;
  download?: string;
}) {
  const { href, icon, look = "plain", isSmall, children, download } = props;
  return (
    <a href={href} class={`button ${look}${isSmall ? " small" : ""}`} download={download}>
      {icon ? <Icon of={icon} /> : null}
      <span>{children}</span>
    </a>
  );
}
