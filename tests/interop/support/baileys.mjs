// An unpatched Baileys on the sandbox network, told whom to trust: the key that signs the network's certificates by the
// constant Baileys exports, the media host's authority by NODE_EXTRA_CA_CERTS.
import {
  BufferJSON,
  DisconnectReason,
  downloadMediaMessage,
  initAuthCreds,
  jidNormalizedUser,
  makeWASocket,
  proto,
  WA_CERT_DETAILS,
} from "baileys";
import { Log } from "./log.mjs";

const { SANDBOX_WS, SANDBOX_ROOT, SANDBOX_MEDIA } = process.env;
WA_CERT_DETAILS.PUBLIC_KEY = Buffer.from(SANDBOX_ROOT, "hex");

// Of history and of large app-state patches a client is told the path alone. Baileys asks a host of WhatsApp's for it that
// it knows by name: here that is the sandbox's. Nothing else leaves this machine either.
const { fetch: ask } = globalThis;
globalThis.fetch = (address, options) => {
  const url = new URL(String(address).replace(/^https:\/\/mmg\.whatsapp\.net(?=\/)/, `https://${SANDBOX_MEDIA}`));
  if (url.hostname !== "127.0.0.1") throw new Error(`${url} is not on this machine`);
  return ask(url, options);
};

const OPEN_WITHIN_MS = 30_000;
/** The version a client says it has; the sandbox does not mind which. */
const VERSION = [2, 3000, 1027934701];

// The Signal library tells the console, keys included, when it takes a new session for an old one.
console.info = () => {};

/** A protobuf among the keys is text in text. */
function read(type, text) {
  const value = JSON.parse(text, BufferJSON.reviver);
  return type === "app-state-sync-key" ? proto.Message.AppStateSyncKeyData.fromObject(value) : value;
}

/** Keys in memory, as text, so that nothing is shared with who asks. */
function memory() {
  const kept = new Map();
  return {
    creds: initAuthCreds(),
    keys: {
      get: (type, ids) => {
        const found = ids.map((id) => [id, kept.get(`${type}/${id}`)]);
        const there = found.filter(([, text]) => text !== undefined);
        return Object.fromEntries(there.map(([id, text]) => [id, read(type, text)]));
      },
      set: (changes) => {
        for (const [type, entries] of Object.entries(changes)) {
          for (const [id, value] of Object.entries(entries)) {
            if (value) kept.set(`${type}/${id}`, JSON.stringify(value, BufferJSON.replacer));
            else kept.delete(`${type}/${id}`);
          }
        }
      },
    },
  };
}

const plain = (_, value) => (value instanceof Error ? value.stack : value);

/** A linked Baileys. Every event is in `log`, one by one; what it complains of in `complaints`. */
export class Client {
  #auth = memory();
  #ended;

  constructor(name) {
    this.name = name;
    this.log = new Log(`${name}'s Baileys`);
    this.complaints = [];
  }

  /** Shows a QR code to a phone, and comes online. */
  static async link(phone) {
    const client = new Client(phone.name);
    await client.start((qr) => phone.scan(qr));
    return client;
  }

  /** Connects, as often as the server wants, and waits until the connection is open. */
  async start(scan) {
    const from = this.log.end;
    this.#ended = false;
    this.#connect(scan);
    await this.log.next("connection.update", ({ connection }) => connection === "open", {
      after: from,
      within: OPEN_WITHIN_MS,
    });
  }

  #connect(scan) {
    const socket = makeWASocket({
      auth: this.#auth,
      waWebSocketUrl: SANDBOX_WS,
      version: VERSION,
      logger: this.#logger(),
      appStateMacVerification: { patch: true, snapshot: true },
      getMessage: async ({ id }) => this.sent.get(id),
    });
    this.socket = socket;
    socket.ev.process((events) => {
      for (const [kind, told] of Object.entries(events)) this.#told(kind, told, scan);
    });
  }

  #told(kind, told, scan) {
    if (kind === "connection.update") {
      if (told.qr) scan?.(told.qr).catch((error) => this.complaints.push(`scan: ${error.message}`));
      const code = told.lastDisconnect?.error?.output?.statusCode;
      if (told.connection === "close" && code === DisconnectReason.restartRequired) this.#connect(scan);
    }
    const one = kind === "messages.upsert" ? told.messages.map((message) => ({ ...message, how: told.type })) : told;
    for (const data of Array.isArray(one) ? one : [one]) this.log.add(kind, data);
  }

  #logger() {
    const note = (level) => (about, text) => {
      const line = `${level}: ${text ?? about} ${typeof about === "object" ? JSON.stringify(about, plain) : ""}`;
      if (!this.#ended) this.complaints.push(line);
    };
    const quiet = () => {};
    const logger = { level: "warn", trace: quiet, debug: quiet, info: quiet, warn: note("warn"), error: note("error") };
    logger.child = () => logger;
    return logger;
  }

  /** What it sent, by id: what is asked for again is looked up here. */
  sent = new Map();

  /** Sends; the message's key. A copy: Baileys writes what happens to a message into the message. */
  async send(to, content, options) {
    const { key, message } = await this.socket.sendMessage(to, content, options);
    this.sent.set(key.id, message);
    return { ...key };
  }

  /** Its own addresses, without the device. */
  get jid() {
    return jidNormalizedUser(this.socket.user.id);
  }

  get lid() {
    return jidNormalizedUser(this.socket.user.lid);
  }

  /** A message that arrived here while it was online. */
  received = (id) =>
    this.log.next("messages.upsert", ({ key, how, message }) => key.id === id && how === "notify" && message);

  /** That a message from here has got so far, in a chat with one person. */
  status = (id, status) =>
    this.log.next(
      ["messages.update", "messages.upsert"],
      ({ key, ...told }) => key.id === id && (told.update ?? told).status === status,
    );

  file = (message) => downloadMediaMessage(message, "buffer", {});

  async stop() {
    this.#ended = true;
    await this.socket.end(undefined);
  }
}
