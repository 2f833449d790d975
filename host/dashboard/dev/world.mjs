// Everything the mock remembers: users, sessions, messages, the event log, and the network of phones.
import { randomBytes } from "node:crypto";
import { EventEmitter } from "node:events";
import { HttpError } from "./http.mjs";
import { createNetwork } from "./network.mjs";
import { picture } from "./png.mjs";
import { seedWorld } from "./seeds.mjs";

export const PASSWORD = "correct horse battery";
const QR_LIFE_MS = 20_000;
const KEPT_EVENTS = 5_000;

export const newId = () => `c${randomBytes(12).toString("hex")}`;
export const iso = (ms) => new Date(ms).toISOString();

export function createWorld(options = {}) {
  const timers = new Set();
  const world = {
    requests: 0,
    delayMs: 0,
    failures: [],
    sandbox: options.sandbox ?? true,
    startedAt: Date.now(),
    users: [],
    cookies: new Map(),
    keys: [],
    notes: [],
    audit: [],
    system: {
      appName: "wagate",
      timezone: "Europe/Berlin",
      enableRegistration: false,
      logoUrl: null,
      faviconUrl: null,
    },
    sessions: [],
    plugins: [],
    media: new Map(),
    events: [],
    bus: new EventEmitter().setMaxListeners(0),
    sent: new Map(),
    later: (ms, then) => {
      const timer = setTimeout(() => {
        timers.delete(timer);
        then();
      }, ms);
      timers.add(timer);
    },
    every: (ms, then) => timers.add(setInterval(then, ms)),
    stop: () => {
      for (const timer of timers) {
        clearTimeout(timer);
        clearInterval(timer);
      }
      world.bus.emit("end");
    },
  };

  world.emit = (event, session, data) => {
    const last = world.events.at(-1)?.position ?? 0;
    if (session) session.sequence += 1;
    const frame = {
      position: last + 1,
      envelope: {
        id: newId(),
        event,
        sessionId: session?.slug ?? null,
        sequence: session?.sequence ?? null,
        chatSequence: null,
        timestamp: iso(Date.now()),
        schema: 1,
        data,
      },
      owner: session?.userId ?? data.userId ?? null,
    };
    world.events.push(frame);
    if (world.events.length > KEPT_EVENTS) world.events.shift();
    world.bus.emit("event", frame);
    if (session) deliver(world, session, frame.envelope);
  };

  world.userOf = (request) => {
    const cookie = /next-auth\.session-token=([^;]+)/.exec(request.headers.cookie ?? "")?.[1];
    const key = world.keys.find((one) => one.secret === request.headers["x-api-key"]);
    const id = key ? key.userId : world.cookies.get(cookie)?.userId;
    return world.users.find((user) => user.id === id) ?? null;
  };

  world.authorise = (context, need = "user") => {
    if (need === "public") return;
    if (!context.user) throw new HttpError(401, "Unauthorized", "unauthorized");
    if (need === "admin" && context.user.role !== "SUPERADMIN") throw new HttpError(403, "Forbidden", "forbidden");
    const isWrite = context.request.method !== "GET";
    const cookie = /next-auth\.session-token=([^;]+)/.exec(context.request.headers.cookie ?? "")?.[1];
    if (
      isWrite &&
      cookie &&
      !context.request.headers["x-api-key"] &&
      context.request.headers["x-csrf-token"] !== world.cookies.get(cookie)?.csrf
    ) {
      throw new HttpError(403, "The CSRF token is missing or old", "csrf");
    }
  };

  world.sessionOf = ({ params, user }) => {
    const session = world.sessions.find((one) => one.slug === params.session || one.id === params.session);
    const isSeen =
      session &&
      (user.role === "SUPERADMIN" ||
        session.userId === user.id ||
        session.access.some((one) => one.userId === user.id));
    if (!isSeen)
      throw new HttpError(
        user.role === "SUPERADMIN" ? 404 : 403,
        user.role === "SUPERADMIN" ? "Session not found" : "Forbidden - Cannot access this session",
        "session_not_found",
      );
    return session;
  };

  world.note = (userId, title, message, type, href = null) => {
    const note = { id: newId(), userId, title, message, type, read: false, href, createdAt: iso(Date.now()) };
    world.notes.unshift(note);
    world.emit("notification.created", null, note);
    return note;
  };

  world.act = (user, action, target, detail = null) => {
    world.audit.unshift({
      id: newId(),
      at: iso(Date.now()),
      user: user && { id: user.id, name: user.name, email: user.email },
      action,
      target,
      ip: "127.0.0.1",
      detail,
    });
  };

  world.newSession = (parts) => {
    const session = {
      id: newId(),
      name: parts.slug,
      userId: world.users[0]?.id,
      status: "STOPPED",
      cause: null,
      qr: null,
      qrAt: 0,
      pairingCode: null,
      me: null,
      since: null,
      config: { readReceipts: true },
      bot: {
        enabled: true,
        botName: "WA-AKG Bot",
        botMode: "OWNER",
        autoReplyMode: "ALL",
        prefix: "#",
        enableSticker: true,
        enableVideoSticker: true,
        enablePing: true,
        enableUptime: true,
        maxStickerDuration: 10,
        antiSpamEnabled: false,
        spamLimit: 5,
        spamInterval: 10,
        spamDelayMin: 1000,
        spamDelayMax: 3000,
        welcomeMessage: null,
      },
      access: [],
      chats: new Map(),
      contacts: [],
      groups: [],
      labels: [],
      chatLabels: [],
      rules: [],
      scheduled: [],
      broadcasts: [],
      webhooks: [],
      sequence: 0,
      createdAt: Date.now(),
      ...parts,
    };
    world.sessions.unshift(session);
    return session;
  };

  world.setStatus = (session, status, cause = null) => {
    session.status = status;
    session.cause = cause;
    session.qr = status === "SCAN_QR" ? session.qr : null;
    session.since = status === "CONNECTED" ? Date.now() : null;
    world.emit("session.status", session, { status, cause });
    world.emit("connection.update", session, { status, qr: session.qr });
  };

  world.newQr = (session) => {
    session.qr = `2@${randomBytes(32).toString("base64")},${randomBytes(32).toString("base64")},${randomBytes(32).toString("base64")},${randomBytes(16).toString("base64")},9`;
    session.qrAt = Date.now();
    world.emit("session.qr", session, { qr: session.qr });
  };

  world.startSession = (session) => {
    world.setStatus(session, "CONNECTING");
    world.later(250, () => {
      if (session.status !== "CONNECTING") return;
      if (session.me) return world.setStatus(session, "CONNECTED");
      world.newQr(session);
      world.setStatus(session, "SCAN_QR");
      return undefined;
    });
  };

  world.addMedia = (bytes, mime, name) => {
    world.media.set(name, { bytes, mime });
    return `/api/media/${name}`;
  };

  world.every(1_000, () => {
    for (const session of world.sessions) {
      if (session.status === "SCAN_QR" && Date.now() - session.qrAt > QR_LIFE_MS) world.newQr(session);
    }
  });

  world.network = createNetwork(world);
  world.addMedia(picture(1), "image/png", "sample-1.png");
  world.addMedia(picture(3), "image/png", "sample-2.png");
  seedWorld(world, options.seed ?? "demo");
  return world;
}

/** Webhooks of a session get what they asked for; receivers here answer as their address says. */
function deliver(world, session, envelope) {
  for (const webhook of session.webhooks) {
    if (!webhook.isActive || !(webhook.events.includes("*") || webhook.events.includes(envelope.event))) continue;
    const isBroken = webhook.url.includes("broken");
    const delivery = {
      id: newId(),
      event: envelope.event,
      eventId: envelope.id,
      sequence: envelope.sequence,
      status: "PENDING",
      attempts: 0,
      nextAttemptAt: null,
      lastStatusCode: null,
      lastError: null,
      lastDurationMs: null,
      createdAt: iso(Date.now()),
      deliveredAt: null,
    };
    webhook.deliveries.unshift(delivery);
    world.later(60, () => attemptDelivery(delivery, isBroken));
  }
}

export function attemptDelivery(delivery, isBroken) {
  delivery.attempts += 1;
  delivery.lastStatusCode = isBroken ? 502 : 200;
  delivery.lastDurationMs = 18 + ((delivery.attempts * 7) % 40);
  delivery.lastError = isBroken ? "The receiver answered 502 Bad Gateway" : null;
  delivery.status = isBroken ? (delivery.attempts >= 3 ? "DEAD" : "FAILED") : "DELIVERED";
  delivery.nextAttemptAt = delivery.status === "FAILED" ? iso(Date.now() + 45_000) : null;
  delivery.deliveredAt = isBroken ? null : iso(Date.now());
}
