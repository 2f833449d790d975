/** Small parts that many pages share. */

import { Check, Copy, Search, UserRound, X } from "lucide";
import type { ComponentChildren } from "preact";
import { useRef, useState } from "preact/hooks";
import { clean } from "../logic/filename";
import { ago, atFull, initials, pick } from "../logic/format";
import { now } from "../state/now";
import { failed } from "../state/toasts";
import { t } from "../text/en";
import { Button, IconButton } from "./button";
import { Icon } from "./icon";

/** A text from outside on one line; its direction stays its own. */
export function Name({ of, class: name }: { of: string; class?: string }) {
  return (
    <bdi class={name} title={clean(of)}>
      {clean(of)}
    </bdi>
  );
}

export function Ago({ at }: { at: number | null }) {
  if (at === null) return <span class="faint">–</span>;
  return (
    <time dateTime={new Date(at).toISOString()} title={atFull(at)}>
      {ago(at, Math.max(now.value, Date.now()))}
    </time>
  );
}

export type Tone = "ok" | "warn" | "bad" | "info" | "idle";

export function Badge({
  tone = "idle",
  children,
  title,
}: {
  tone?: Tone;
  children: ComponentChildren;
  title?: string;
}) {
  return (
    <span class={`badge ${tone}`} title={title}>
      {children}
    </span>
  );
}

/** A state: its colour is never all there is. */
export function State({ tone, children, isPulsing }: { tone: Tone; children: ComponentChildren; isPulsing?: boolean }) {
  return (
    <span class={`state ${tone}`}>
      <span class={isPulsing ? "dot pulses" : "dot"} aria-hidden="true" />
      <span>{children}</span>
    </span>
  );
}

export function Avatar({
  name,
  id,
  size = 36,
  icon,
}: {
  name: string;
  id: string;
  size?: number;
  icon?: Parameters<typeof Icon>[0]["of"];
}) {
  // A number has no initials.
  const picture = icon ?? (/^[+~\d]/.test(name) ? UserRound : null);
  return (
    <span
      class={`avatar hue-${pick(id, 8)}`}
      style={{ width: `${size}px`, height: `${size}px`, fontSize: `${Math.round(size * 0.38)}px` }}
      aria-hidden="true"
    >
      {picture ? <Icon of={picture} size={Math.round(size * 0.5)} /> : initials(name)}
    </span>
  );
}

/** A value that programs take, with a way to take it. */
export function Copyable({ text, shown = text }: { text: string; shown?: string }) {
  const [isDone, setDone] = useState(false);
  const copy = async () => {
    await copyText(text);
    setDone(true);
    setTimeout(() => setDone(false), 1_500);
  };
  return (
    <span class="copyable">
      <code>{shown}</code>
      <IconButton
        icon={isDone ? Check : Copy}
        label={isDone ? t.actions.copied : t.actions.copyOf(shown)}
        isSmall
        onClick={copy}
      />
    </span>
  );
}

export function CopyButton({
  text,
  label = t.actions.copy,
  isSmall = true,
}: {
  text: string;
  label?: string;
  isSmall?: boolean;
}) {
  const [isDone, setDone] = useState(false);
  const copy = async () => {
    try {
      await copyText(text);
    } catch (error) {
      failed(error);
      return;
    }
    setDone(true);
    setTimeout(() => setDone(false), 1_500);
  };
  return (
    <Button isSmall={isSmall} icon={isDone ? Check : Copy} onClick={copy}>
      {isDone ? t.actions.copied : label}
    </Button>
  );
}

/** Plain http on another host than this machine has no clipboard: there a selection has to do. */
export async function copyText(text: string): Promise<void> {
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(text);
    return;
  }
  const area = document.createElement("textarea");
  area.value = text;
  (document.querySelector("dialog[open]") ?? document.body).append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}

/** Something that is shown this once. */
export function Secret({ value, label }: { value: string; label: string }) {
  return (
    <div class="secret">
      <span class="unseen">{label}</span>
      <code>{value}</code>
      <CopyButton text={value} />
    </div>
  );
}

export function SearchBox({
  value,
  onInput,
  label,
  placeholder,
}: {
  value: string;
  onInput: (value: string) => void;
  label: string;
  placeholder?: string;
}) {
  const box = useRef<HTMLInputElement>(null);
  return (
    <div class="search" role="search">
      <Icon of={Search} />
      <input
        ref={box}
        type="search"
        aria-label={label}
        placeholder={placeholder ?? label}
        value={value}
        spellcheck={false}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
      {value ? (
        <IconButton
          icon={X}
          label={t.actions.clear}
          isSmall
          onClick={() => {
            onInput("");
            box.current?.focus();
          }}
        />
      ) : null}
    </div>
  );
}

/** Pairs of a word and what it is. */
export function Facts({ of }: { of: ([string, ComponentChildren] | null | false)[] }) {
  return (
    <dl class="facts">
      {of.map((fact) =>
        fact ? (
          <div key={fact[0]}>
            <dt>{fact[0]}</dt>
            <dd>{fact[1]}</dd>
          </div>
        ) : null,
      )}
    </dl>
  );
}

export function Progress({ value, label }: { value: number; label: string }) {
  return (
    <div
      class="progress"
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={value}
    >
      <span style={{ width: `${value}%` }} />
    </div>
  );
}

export function Tabs<T extends string>({
  of,
  current,
  hrefOf,
  label,
}: {
  of: { id: T; label: string; count?: number }[];
  current: T;
  hrefOf: (id: T) => string;
  label: string;
}) {
  return (
    <nav class="tabs" aria-label={label}>
      {of.map((tab) => (
        <a key={tab.id} href={hrefOf(tab.id)} aria-current={tab.id === current ? "page" : undefined}>
          {tab.label}
          {tab.count !== undefined ? <span class="tab-count">{tab.count}</span> : null}
        </a>
      ))}
    </nav>
  );
}

/** A few choices side by side, one of them taken. */
export function Choices<T extends string>({
  of,
  value,
  onChange,
  label,
}: {
  of: { id: T; label: string }[];
  value: T;
  onChange: (id: T) => void;
  label: string;
}) {
  return (
    <fieldset class="choices">
      <legend class="unseen">{label}</legend>
      {of.map((choice) => (
        <button key={choice.id} type="button" aria-pressed={choice.id === value} onClick={() => onChange(choice.id)}>
          {choice.label}
        </button>
      ))}
    </fieldset>
  );
}
