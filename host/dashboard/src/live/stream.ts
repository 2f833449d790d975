/** A connection to the event stream that is always there: it resumes where it was, with growing pauses after failures. */

import { createParser } from "./sse";

export interface Envelope {
  id: string;
  event: string;
  sessionId: string | null;
  sequence: number | null;
  timestamp: string;
  data: Record<string, unknown>;
}

export type State = "connecting" | "open" | "waiting" | "closed";

export interface Handlers {
  onEvent(envelope: Envelope): void;
  /** Events were missed: what is shown has to be loaded again. */
  onGap(): void;
  onState(state: State): void;
  /** Nobody is signed in any more. */
  onSignedOut(): void;
}

export interface Outside {
  fetch: typeof fetch;
  /** Between 0 and 1. */
  random(): number;
  setTimeout(then: () => void, ms: number): unknown;
  clearTimeout(timer: unknown): void;
}

const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 30_000;
/** The gateway says something at least every 30 s. */
const SILENCE = 60_000;

/** How long to wait before try number `failures`: twice as long each time, half of it at random. */
export function pause(failures: number, random: number): number {
  const whole = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** Math.max(0, failures - 1));
  return Math.round(whole / 2 + (whole / 2) * random);
}

export function openStream(url: string, handlers: Handlers, outside: Outside): { close(): void; wake(): void } {
  let cursor: string | null = null;
  let failures = 0;
  let isClosed = false;
  let timer: unknown = null;
  let watchdog: unknown = null;
  let abort: AbortController | null = null;
  let state: State | null = null;

  const say = (next: State) => {
    if (state !== next) handlers.onState(next);
    state = next;
  };

  const alive = () => {
    outside.clearTimeout(watchdog);
    watchdog = outside.setTimeout(() => abort?.abort(), SILENCE);
  };

  const again = (wait: number) => {
    if (isClosed) return;
    say("waiting");
    timer = outside.setTimeout(() => void connect(), wait);
  };

  const connect = async () => {
    timer = null;
    if (isClosed) return;
    say("connecting");
    const own = new AbortController();
    abort = own;
    alive();
    const parser = createParser();
    try {
      const headers: Record<string, string> = { Accept: "text/event-stream" };
      if (cursor !== null) headers["Last-Event-ID"] = cursor;
      const answer = await outside.fetch(url, {
        headers,
        signal: own.signal,
        credentials: "same-origin",
        cache: "no-store",
      });
      if (answer.status === 401) {
        close();
        handlers.onSignedOut();
        return;
      }
      if (answer.status === 410 && cursor !== null) {
        cursor = null;
        handlers.onGap();
        void answer.body?.cancel();
        again(0);
        return;
      }
      if (!answer.ok || !answer.body) throw new Error(`status ${answer.status}`);
      say("open");
      // Without a cursor nothing says where the old connection ended.
      if (failures > 0 && cursor === null) handlers.onGap();
      failures = 0;
      const reader = answer.body.getReader();
      const decoder = new TextDecoder();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        alive();
        for (const frame of parser.push(decoder.decode(value, { stream: true }))) take(frame);
      }
    } catch {
      // Whatever it was, the answer is to try again.
    }
    outside.clearTimeout(watchdog);
    if (isClosed || abort !== own) return;
    failures += 1;
    again(Math.max(pause(failures, outside.random()), parser.retry ?? 0));
  };

  const take = (frame: { id: string | null; event: string; data: string }) => {
    if (frame.id !== null) cursor = frame.id;
    if (frame.event === "stream.gap") {
      handlers.onGap();
      return;
    }
    const envelope = read(frame.event, frame.data);
    if (envelope) handlers.onEvent(envelope);
  };

  const close = () => {
    isClosed = true;
    outside.clearTimeout(timer);
    outside.clearTimeout(watchdog);
    abort?.abort();
    say("closed");
  };

  void connect();
  return {
    close,
    /** Does not wait any longer. */
    wake() {
      if (timer === null || isClosed) return;
      outside.clearTimeout(timer);
      void connect();
    },
  };
}

function read(event: string, data: string): Envelope | null {
  let body: unknown;
  try {
    body = JSON.parse(data);
  } catch {
    return null;
  }
  if (typeof body !== "object" || body === null) return null;
  const frame = body as Record<string, unknown>;
  return {
    id: typeof frame.id === "string" ? frame.id : "",
    event: typeof frame.event === "string" ? frame.event : event,
    sessionId: typeof frame.sessionId === "string" ? frame.sessionId : null,
    sequence: typeof frame.sequence === "number" ? frame.sequence : null,
    timestamp: typeof frame.timestamp === "string" ? frame.timestamp : "",
    data: typeof frame.data === "object" && frame.data !== null ? (frame.data as Record<string, unknown>) : {},
  };
}
