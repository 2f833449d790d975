import { describe, expect, it } from "vitest";
import { type Handlers, openStream, pause, type State } from "./stream";

/** A server that answers connection after connection as it is told, and time that stands still. */
function scene() {
  const requests: Record<string, string>[] = [];
  const answers: ((signal: AbortSignal) => Response | Promise<Response>)[] = [];
  const timers = new Map<number, { then: () => void; ms: number }>();
  const heard: string[] = [];
  const states: State[] = [];
  let gaps = 0;
  let signedOut = 0;
  let last = 0;
  const handlers: Handlers = {
    onEvent: (envelope) => heard.push(`${envelope.event}:${envelope.id}`),
    onGap: () => {
      gaps += 1;
    },
    onState: (state) => states.push(state),
    onSignedOut: () => {
      signedOut += 1;
    },
  };
  const stream = () =>
    openStream("/events", handlers, {
      fetch: async (_url, init) => {
        requests.push(init?.headers as Record<string, string>);
        const answer = answers.shift();
        if (!answer) return new Promise(() => {});
        return answer(init?.signal as AbortSignal);
      },
      random: () => 0,
      setTimeout: (then, ms) => {
        last += 1;
        timers.set(last, { then, ms });
        return last;
      },
      clearTimeout: (timer) => timers.delete(timer as number),
    });
  const turns = async () => {
    for (let n = 0; n < 20; n += 1) await Promise.resolve();
    await new Promise((then) => setTimeout(then, 0));
  };
  /** Lets the shortest pause pass; its length. */
  const elapse = async () => {
    const [id, timer] = [...timers].sort((a, b) => a[1].ms - b[1].ms)[0] ?? [];
    if (id === undefined || !timer) return null;
    timers.delete(id);
    timer.then();
    await turns();
    return timer.ms;
  };
  return {
    requests,
    answers,
    heard,
    states,
    stream,
    turns,
    elapse,
    timers,
    get gaps() {
      return gaps;
    },
    get signedOut() {
      return signedOut;
    },
  };
}

const body = (...frames: string[]) =>
  new Response(frames.map((frame) => `${frame}\n\n`).join(""), {
    status: 200,
    headers: { "Content-Type": "text/event-stream" },
  });
const frame = (id: string, event = "message.received") =>
  `id: ${id}\nevent: ${event}\ndata: ${JSON.stringify({ id: `e${id}`, event })}`;

describe("the event stream", () => {
  it("goes on after the last event it heard", async () => {
    const s = scene();
    s.answers.push(
      () => body(frame("1"), frame("2")),
      () => body(frame("3")),
    );
    const stream = s.stream();
    await s.turns();
    expect(s.heard).toEqual(["message.received:e1", "message.received:e2"]);
    expect(s.requests[0]?.["Last-Event-ID"]).toBeUndefined();
    await s.elapse();
    expect(s.requests[1]?.["Last-Event-ID"]).toBe("2");
    expect(s.heard.at(-1)).toBe("message.received:e3");
    expect(s.gaps).toBe(0);
    stream.close();
  });

  it("pauses longer after each failure, and starts anew after a success", async () => {
    const s = scene();
    const fail = () => new Response("no", { status: 503 });
    s.answers.push(fail, fail, fail, () => body(frame("1")), fail);
    const stream = s.stream();
    await s.turns();
    expect(await s.elapse()).toBe(250);
    expect(await s.elapse()).toBe(500);
    expect(await s.elapse()).toBe(1000);
    // The success ended at once: that counts as one failure again.
    expect(await s.elapse()).toBe(250);
    stream.close();
  });

  it("never waits longer than half a minute", () => {
    expect(pause(1, 1)).toBe(500);
    expect(pause(50, 1)).toBe(30_000);
    expect(pause(50, 0)).toBe(15_000);
  });

  it("without a cursor a broken connection may have missed something", async () => {
    const s = scene();
    s.answers.push(
      () => new Response("no", { status: 500 }),
      () => body(frame("1")),
    );
    const stream = s.stream();
    await s.turns();
    expect(s.gaps).toBe(0);
    await s.elapse();
    expect(s.gaps).toBe(1);
    stream.close();
  });

  it("a cursor that is too old is given up, and everything is loaded again", async () => {
    const s = scene();
    s.answers.push(
      () => body(frame("1")),
      () => new Response("gone", { status: 410 }),
      () => body(frame("900")),
    );
    const stream = s.stream();
    await s.turns();
    await s.elapse();
    expect(s.gaps).toBe(1);
    await s.elapse();
    expect(s.requests[2]?.["Last-Event-ID"]).toBeUndefined();
    expect(s.heard.at(-1)).toBe("message.received:e900");
    stream.close();
  });

  it("the server may say itself that events are missing", async () => {
    const s = scene();
    s.answers.push(() => body("event: stream.gap\ndata: {}", frame("5")));
    const stream = s.stream();
    await s.turns();
    expect(s.gaps).toBe(1);
    expect(s.heard).toEqual(["message.received:e5"]);
    stream.close();
  });

  it("ends when nobody is signed in", async () => {
    const s = scene();
    s.answers.push(() => new Response("", { status: 401 }));
    s.stream();
    await s.turns();
    expect(s.signedOut).toBe(1);
    expect(s.states.at(-1)).toBe("closed");
    expect(s.timers.size).toBe(0);
  });

  it("silence is a broken connection", async () => {
    const s = scene();
    s.answers.push(
      (signal) =>
        new Promise((_, reject) => {
          signal.addEventListener("abort", () => reject(new DOMException("Aborted", "AbortError")));
        }),
      () => body(frame("1")),
    );
    const stream = s.stream();
    await s.turns();
    expect(await s.elapse()).toBe(60_000);
    expect(s.states.at(-1)).toBe("waiting");
    await s.elapse();
    expect(s.heard).toEqual(["message.received:e1"]);
    stream.close();
  });

  it("does not wait when it is woken", async () => {
    const s = scene();
    s.answers.push(
      () => new Response("no", { status: 503 }),
      () => body(frame("1")),
    );
    const stream = s.stream();
    await s.turns();
    expect(s.requests).toHaveLength(1);
    stream.wake();
    await s.turns();
    expect(s.requests).toHaveLength(2);
    stream.close();
  });

  it("after close nothing happens any more", async () => {
    const s = scene();
    s.answers.push(() => new Response("no", { status: 503 }));
    const stream = s.stream();
    await s.turns();
    stream.close();
    expect(s.timers.size).toBe(0);
    expect(s.states.at(-1)).toBe("closed");
  });

  it("what is no JSON is left out", async () => {
    const s = scene();
    s.answers.push(() => body("id: 1\ndata: {broken", "id: 2\ndata: 7", frame("3")));
    const stream = s.stream();
    await s.turns();
    expect(s.heard).toEqual(["message.received:e3"]);
    stream.close();
  });
});
