/** The one event stream of the page, and who listens to it. */

import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { invalidateAll } from "../data/resource";
import { type Envelope, openStream, type State } from "./stream";

export const liveState = signal<State>("closed");

type Listener = { kinds: string[]; hear: (envelope: Envelope) => void };
const listeners = new Set<Listener>();
let stream: { close(): void; wake(): void } | null = null;
let onSignedOut: () => void = () => {};

/** A hidden page lets go of its connection after this: browsers allow only six to one host. */
const HIDDEN_LIMIT = 60_000;
let hiddenTimer: ReturnType<typeof setTimeout> | undefined;

export function startLive(signedOut: () => void): void {
  onSignedOut = signedOut;
  if (!stream) connect();
  document.addEventListener("visibilitychange", visibility);
  window.addEventListener("online", wake);
}

export function stopLive(): void {
  document.removeEventListener("visibilitychange", visibility);
  window.removeEventListener("online", wake);
  clearTimeout(hiddenTimer);
  stream?.close();
  stream = null;
}

function connect(): void {
  stream = openStream(
    "./api/events",
    {
      onEvent: (envelope) => {
        for (const listener of [...listeners]) {
          if (listener.kinds.some((kind) => matches(kind, envelope.event))) listener.hear(envelope);
        }
      },
      onGap: invalidateAll,
      onState: (state) => {
        liveState.value = state;
      },
      onSignedOut: () => onSignedOut(),
    },
    {
      fetch: (input, init) => fetch(input, init),
      random: () => Math.random(),
      setTimeout: (then, ms) => setTimeout(then, ms),
      clearTimeout: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout>),
    },
  );
}

const wake = () => stream?.wake();

function visibility(): void {
  clearTimeout(hiddenTimer);
  if (document.visibilityState === "visible") {
    if (stream) stream.wake();
    else {
      invalidateAll();
      connect();
    }
    return;
  }
  hiddenTimer = setTimeout(() => {
    stream?.close();
    stream = null;
  }, HIDDEN_LIMIT);
}

/** `message.*` takes every kind that starts so, `*` all of them. */
export function matches(pattern: string, kind: string): boolean {
  if (pattern === "*") return true;
  return pattern.endsWith(".*") ? kind.startsWith(pattern.slice(0, -1)) : pattern === kind;
}

/** Listens while the component is there. */
export function useLive(kinds: string[], then: (envelope: Envelope) => void): void {
  const latest = useRef(then);
  latest.current = then;
  const key = kinds.join(" ");
  useEffect(() => {
    const listener: Listener = { kinds: key.split(" "), hear: (envelope) => latest.current(envelope) };
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }, [key]);
}
