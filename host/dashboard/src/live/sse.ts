/** Server-sent events, parsed as they trickle in. By hand, because `EventSource` hides status codes and silence. */

export interface Frame {
  id: string | null;
  event: string;
  data: string;
}

export interface Parser {
  /** Takes the next piece of the stream; answers with the frames that it completes. */
  push(chunk: string): Frame[];
  /** What the server wants to be waited before the next connection, in milliseconds. */
  readonly retry: number | null;
}

/** A line longer than this is no event of ours. */
const LONGEST = 4_000_000;

export function createParser(): Parser {
  let buffer = "";
  let id: string | null = null;
  let event = "";
  let data: string[] = [];
  let retry: number | null = null;

  const line = (text: string, frames: Frame[]) => {
    if (text === "") {
      if (data.length > 0) frames.push({ id, event: event || "message", data: data.join("\n") });
      event = "";
      data = [];
      return;
    }
    if (text.startsWith(":")) return;
    const colon = text.indexOf(":");
    const name = colon < 0 ? text : text.slice(0, colon);
    const value = colon < 0 ? "" : text.slice(colon + 1).replace(/^ /, "");
    if (name === "data") data.push(value);
    else if (name === "event") event = value;
    else if (name === "id" && !value.includes("\0")) id = value;
    else if (name === "retry" && /^\d+$/.test(value)) retry = Number(value);
  };

  return {
    push(chunk) {
      const frames: Frame[] = [];
      buffer += chunk;
      for (;;) {
        const end = buffer.search(/[\r\n]/);
        if (end < 0) break;
        // A lone CR at the end may be half of a CRLF: wait for the rest.
        if (buffer[end] === "\r" && end === buffer.length - 1) break;
        const width = buffer[end] === "\r" && buffer[end + 1] === "\n" ? 2 : 1;
        const text = buffer.slice(0, end);
        buffer = buffer.slice(end + width);
        line(text, frames);
      }
      if (buffer.length > LONGEST) throw new Error("the stream holds a line that is too long");
      return frames;
    },
    get retry() {
      return retry;
    },
  };
}
