// A session of the gateway: its REST API and its event stream.
import assert from "node:assert/strict";
import { Log, until } from "./log.mjs";

const { BASE_URL, API_KEY } = process.env;
const CONNECTED_WITHIN_MS = 30_000;

export class Session {
  constructor(slug) {
    this.slug = slug;
    this.log = new Log(`the gateway's session ${slug}`);
  }

  /** Makes a session and links it to a phone, by its QR code. */
  static async link(slug, phone) {
    const session = new Session(slug);
    await session.post("/api/sessions", { name: slug, sessionId: slug });
    session.events = await session.listen();
    const qr = await until("a QR code", async () => {
      const { qr } = await session.call("GET", `/api/sessions/${slug}/qr`);
      return qr;
    });
    await phone.scan(qr);
    const connected = ({ status }) => status === "CONNECTED";
    await session.log.next("connection.update", connected, { within: CONNECTED_WITHIN_MS });
    return session;
  }

  /** Everything that happens goes to the log, until `close`. */
  async listen() {
    const stop = new AbortController();
    const answer = await fetch(`${BASE_URL}/api/events?sessions=${this.slug}`, {
      headers: { "x-api-key": API_KEY },
      signal: stop.signal,
    });
    assert.equal(answer.status, 200);
    const read = async () => {
      let text = "";
      for await (const piece of answer.body.pipeThrough(new TextDecoderStream())) {
        const blocks = (text + piece).split("\n\n");
        text = blocks.pop();
        for (const block of blocks) {
          const line = block.split("\n").find((one) => one.startsWith("data: "));
          const event = line && JSON.parse(line.slice(6));
          if (event?.event) this.log.add(event.event, event.data);
        }
      }
    };
    const ended = read().catch((error) => {
      if (!stop.signal.aborted) throw error;
    });
    return { stop: () => stop.abort(), ended };
  }

  async close() {
    this.events?.stop();
    await this.events?.ended;
  }

  async call(method, path, body) {
    const answer = await fetch(BASE_URL + path, {
      method,
      headers: { "x-api-key": API_KEY, "content-type": "application/json" },
      body: body && JSON.stringify(body),
    });
    return answer.json();
  }

  async must(method, path, body) {
    const answer = await this.call(method, path, body);
    assert.ok(answer.success !== false && answer.error === undefined, `${method} ${path}: ${JSON.stringify(answer)}`);
    return answer;
  }

  get = (path) => this.must("GET", path);
  post = (path, body) => this.must("POST", path, body);
  put = (path, body) => this.must("PUT", path, body);

  /** `POST /api/messages/{session}/{to}/...`; the message's id. */
  async send(to, how, body) {
    const answer = await this.post(`/api/messages/${this.slug}/${to}/${how}`, body);
    const { id } = answer.data.key;
    assert.ok(id, JSON.stringify(answer));
    return id;
  }

  text = (to, text) => this.send(to, "send", { message: { text } });

  /** A message that arrived here, with all the event says of it. */
  received = (id) => this.log.next("message.received", (data) => data.key.id === id);

  /** That a message from here has got so far. */
  status = (id, status) => this.log.next("message.status", (data) => data.keyId === id && data.status === status);

  /** The file of a message that arrived. */
  async file(id) {
    const path = `/api/messages/${this.slug}/download/${id}/media`;
    const answer = await fetch(BASE_URL + path, { headers: { "x-api-key": API_KEY } });
    assert.equal(answer.status, 200, path);
    return Buffer.from(await answer.arrayBuffer());
  }
}
