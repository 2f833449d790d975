/** What was loaded, by key: shown at once when a page is opened again, loaded anew behind it. */

import { type Signal, signal } from "@preact/signals";
import { useCallback, useEffect } from "preact/hooks";
import { type ApiError, asApiError } from "../api/error";

/** Loads something. What takes long may `show` a part of it first, where nothing is shown yet. */
type Load<T> = (signal: AbortSignal, show: (part: T) => void) => Promise<T>;

interface Entry<T> {
  state: Signal<Loaded<T>>;
  load: Load<T> | null;
  abort: AbortController | null;
  users: number;
  /** Asked for again while it was loading. */
  isStale: boolean;
}

interface Loaded<T> {
  data: T | undefined;
  error: ApiError | null;
  isLoading: boolean;
}

export interface Resource<T> extends Loaded<T> {
  reload: () => void;
  /** Changes what is shown, ahead of the gateway. */
  mutate: (change: (data: T) => T) => void;
}

/** Entries that nobody shows are kept up to here. */
const MOST_KEPT = 60;

// biome-ignore lint/suspicious/noExplicitAny: a cache of many types, each behind its key
const entries = new Map<string, Entry<any>>();

function entryOf<T>(key: string): Entry<T> {
  const found = entries.get(key);
  if (found) {
    // The newest last: what is thrown away first is the oldest.
    entries.delete(key);
    entries.set(key, found);
    return found;
  }
  const entry: Entry<T> = {
    state: signal<Loaded<T>>({ data: undefined, error: null, isLoading: true }),
    load: null,
    abort: null,
    users: 0,
    isStale: false,
  };
  entries.set(key, entry);
  return entry;
}

async function run<T>(entry: Entry<T>): Promise<void> {
  if (!entry.load) return;
  if (entry.abort) {
    entry.isStale = true;
    return;
  }
  const abort = new AbortController();
  entry.abort = abort;
  entry.state.value = { ...entry.state.peek(), isLoading: true };
  const show = (part: T) => {
    const now = entry.state.peek();
    if (!abort.signal.aborted && now.data === undefined) entry.state.value = { ...now, data: part };
  };
  try {
    const data = await entry.load(abort.signal, show);
    if (!abort.signal.aborted) entry.state.value = { data, error: null, isLoading: false };
  } catch (error) {
    if (!abort.signal.aborted)
      entry.state.value = { ...entry.state.peek(), error: asApiError(error), isLoading: false };
  }
  if (entry.abort === abort) entry.abort = null;
  if (entry.isStale && !abort.signal.aborted) {
    entry.isStale = false;
    void run(entry);
  }
}

/** Loads what `key` names while a component shows it. With a null key there is nothing to load. */
export function useResource<T>(key: string | null, load: Load<T>, pollMs = 0): Resource<T> {
  const entry = entryOf<T>(key ?? "");
  if (key !== null) entry.load = load;

  // The key says what is loaded; the function is new at every drawing.
  useEffect(() => {
    if (key === null) return;
    entry.users += 1;
    void run(entry);
    return () => {
      entry.users -= 1;
      if (entry.users > 0) return;
      entry.abort?.abort();
      entry.abort = null;
      entry.isStale = false;
      trim();
    };
  }, [key]);

  // As above.
  useEffect(() => {
    if (key === null || pollMs <= 0) return;
    const timer = setInterval(() => {
      if (document.visibilityState === "visible") void run(entry);
    }, pollMs);
    return () => clearInterval(timer);
  }, [key, pollMs]);

  const reload = useCallback(() => void run(entry), [entry]);
  const mutate = useCallback(
    (change: (data: T) => T) => {
      const now = entry.state.peek();
      if (now.data !== undefined) entry.state.value = { ...now, data: change(now.data) };
    },
    [entry],
  );
  return { ...entry.state.value, reload, mutate };
}

function trim(): void {
  for (const [key, entry] of entries) {
    if (entries.size <= MOST_KEPT) return;
    if (entry.users === 0) entries.delete(key);
  }
}

/** Loads again whatever is shown under keys that start so; forgets what is not. */
export function invalidate(prefix: string): void {
  for (const [key, entry] of [...entries]) {
    if (!key.startsWith(prefix)) continue;
    if (entry.users > 0) void run(entry);
    else entries.delete(key);
  }
}

export function invalidateAll(): void {
  invalidate("");
}

/** Nothing of one person is left for the next. */
export function forgetAll(): void {
  for (const entry of entries.values()) {
    entry.abort?.abort();
    entry.abort = null;
    entry.state.value = { data: undefined, error: null, isLoading: true };
  }
  for (const [key, entry] of [...entries]) if (entry.users === 0) entries.delete(key);
}
