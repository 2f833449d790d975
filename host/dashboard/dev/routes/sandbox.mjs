// The control API of the network of phones, as host/sandbox/README.md has it.
import { HttpError, wrong } from "../http.mjs";

const BASE = "/sandbox/control";
const message = ({ $content, ...one }) => one;

/** Waits until `look` finds something, or for as long as was asked. */
async function waiting({ world, query, request }, look) {
  const until = Date.now() + Math.min(30_000, Number(query.get("wait") ?? 0));
  for (;;) {
    const found = look();
    const left = until - Date.now();
    if (found.length > 0 || left <= 0 || request.destroyed) return found;
    await new Promise((then) => {
      const done = () => {
        clearTimeout(timer);
        world.network.bus.off("event", done);
        world.bus.off("end", done);
        request.off("close", done);
        then();
      };
      const timer = setTimeout(done, left);
      world.network.bus.on("event", done);
      world.bus.on("end", done);
      request.on("close", done);
    });
  }
}

const only = (handler) => (context) => {
  if (!context.world.sandbox) throw new HttpError(404, "Not found", "not_found");
  return handler(context, context.params.number ? context.world.network.phone(context.params.number) : null);
};

const linked = (device, phone) => ({
  device: device.id,
  jid: `${phone.number}:${device.id}@s.whatsapp.net`,
  lid: phone.lid,
});

function content(body) {
  if (body.content) return body.content;
  if (typeof body.text !== "string" || body.text === "") throw wrong("text", "is missing, and so is content");
  return { type: "text", text: body.text };
}

export const sandboxRoutes = [
  [
    `GET ${BASE}/state`,
    only(({ world }) => ({
      ws: "ws://127.0.0.1:1/ws/chat",
      control: "http://127.0.0.1:1",
      connections: world.sessions.filter((one) => one.status === "CONNECTED").length,
      waiting: world.sessions.filter((one) => one.status === "SCAN_QR").length,
      lastEvent: world.network.journal.length,
      phones: world.network.phones.map((phone) => ({
        number: phone.number,
        name: phone.name,
        addressing: phone.addressing,
        jid: phone.jid,
        lid: phone.lid,
        inbox: phone.inbox.length,
        outbox: phone.outbox.length,
        undecryptable: 0,
        devices: phone.devices.map((one) => ({
          id: one.id,
          linked: true,
          connected: one.session.status === "CONNECTED",
          live: true,
          queued: 0,
          prekeysLeft: 20,
        })),
      })),
    })),
    "admin",
  ],
  [
    `GET ${BASE}/events`,
    only(async (context) => {
      const after = Number(context.query.get("after") ?? 0);
      const events = await waiting(context, () => context.world.network.journal.slice(after));
      return { events, next: events.at(-1)?.seq ?? after };
    }),
    "admin",
  ],
  [
    `POST ${BASE}/phones`,
    only(({ world, body }) => {
      const phone = world.network.add(body.number ?? "", body.name ?? body.number, body.addressing);
      return { $status: 201, $body: { number: phone.number, name: phone.name, jid: phone.jid, lid: phone.lid } };
    }),
    "admin",
  ],
  [
    `POST ${BASE}/phones/{number}/scan`,
    only(({ world, body }, phone) => {
      const session = world.sessions.find((one) => one.qr === body.qr && one.status === "SCAN_QR");
      if (!session) throw new HttpError(404, "qr: nobody shows this code", "not_found", { field: "qr" });
      return linked(world.network.link(phone, session), phone);
    }),
    "admin",
  ],
  [
    `POST ${BASE}/phones/{number}/link-code`,
    only(({ world, body }, phone) => {
      const code = (body.code ?? "").replace(/-/g, "").toUpperCase();
      const session = world.sessions.find((one) => one.pairingCode === code && one.pairingFor === phone.number);
      if (!session) throw new HttpError(400, "code: is wrong", "invalid", { field: "code" });
      return linked(world.network.link(phone, session), phone);
    }),
    "admin",
  ],
  [
    `POST ${BASE}/phones/{number}/messages`,
    only(({ world, body }, phone) => ({
      $status: 201,
      $body: message(world.network.write(phone, body.to ?? "", content(body), body.id)),
    })),
    "admin",
  ],
  [
    `GET ${BASE}/phones/{number}/inbox`,
    only(async (context, phone) => {
      const after = Number(context.query.get("after") ?? 0);
      const messages = await waiting(context, () => phone.inbox.filter((one) => one.seq > after));
      return { messages: messages.map(message), next: messages.at(-1)?.seq ?? after };
    }),
    "admin",
  ],
  [
    `GET ${BASE}/phones/{number}/outbox`,
    only((_, phone) => ({ messages: phone.outbox.map(message), next: phone.outbox.length })),
    "admin",
  ],
  [
    `GET ${BASE}/phones/{number}/messages/{id}/media`,
    only(({ params, response }, phone) => {
      const found = [...phone.inbox, ...phone.outbox].find((one) => one.id === params.id);
      if (!found?.$content.data) throw new HttpError(404, "the message has no file");
      const bytes = Buffer.from(found.$content.data, "base64");
      response.writeHead(200, { "Content-Type": found.$content.mimetype, "Content-Length": bytes.length });
      response.end(bytes);
      return undefined;
    }),
    "admin",
  ],
  [
    `POST ${BASE}/phones/{number}/read`,
    only(({ world, body }, phone) => ({ read: world.network.read(phone, body.chat ?? "") })),
    "admin",
  ],
  [
    `POST ${BASE}/phones/{number}/typing`,
    only(({ world, body }, phone) => {
      world.network.typing(phone, body.to, body.state ?? "composing");
      return {};
    }),
    "admin",
  ],
  [
    `GET ${BASE}/phones/{number}/signals`,
    only(async (context, phone) => {
      const after = Number(context.query.get("after") ?? 0);
      const signals = await waiting(context, () => phone.signals.filter((one) => one.seq > after));
      return { signals, next: signals.at(-1)?.seq ?? after };
    }),
    "admin",
  ],
  [
    `DELETE ${BASE}/phones/{number}/devices/{id}`,
    only(({ world, params }, phone) => {
      world.network.unlink(phone, Number(params.id));
      return {};
    }),
    "admin",
  ],
  [
    `GET ${BASE}/groups`,
    only(({ world }) => ({
      groups: world.network.groups.map((one) => ({
        id: one.id,
        jid: one.jid,
        subject: one.subject,
        members: one.members.map((number) => ({ number, rank: one.admins.includes(number) ? "admin" : "member" })),
      })),
    })),
    "admin",
  ],
  [
    `POST ${BASE}/phones/{number}/groups`,
    only(({ world, body }, phone) => {
      const group = world.network.createGroup(phone, body.subject, body.members ?? []);
      return { $status: 201, $body: { group: { jid: group.jid, subject: group.subject }, results: [] } };
    }),
    "admin",
  ],
];
