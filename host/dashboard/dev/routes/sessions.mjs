// Sessions, their settings, and who may use them.
import { HttpError, ok, wrong } from "../http.mjs";
import { fakeQr } from "../png.mjs";
import { iso } from "../world.mjs";

function counts(session) {
  const messages = [...session.chats.values()].reduce((sum, chat) => sum + chat.messages.length, 0);
  return {
    contacts: session.contacts.length,
    messages,
    groups: session.groups.length,
    autoReplies: session.rules.length,
    scheduledMessages: session.scheduled.length,
  };
}

function view(world, session, user) {
  const owner = world.users.find((one) => one.id === session.userId);
  return {
    id: session.id,
    userId: session.userId,
    name: session.name,
    sessionId: session.slug,
    status: session.status,
    qr: session.qr,
    config: session.config,
    cause: session.cause,
    me: session.me,
    webhooks: [],
    _count: counts(session),
    user: owner && { name: owner.name, email: owner.email },
    relation: user?.role === "SUPERADMIN" ? "superadmin" : session.userId === user?.id ? "owner" : "shared",
    createdAt: iso(session.createdAt),
    updatedAt: iso(session.createdAt),
  };
}

function detail(world, session, user) {
  const { status, ...data } = {
    ...view(world, session, user),
    uptime: session.since ? Math.floor((Date.now() - session.since) / 1000) : 0,
    hasInstance: session.status !== "STOPPED",
    pairingCode: session.pairingCode,
    messageCount: counts(session).messages,
  };
  return { ...data, status, success: true, message: "ok", data: { ...data, status } };
}

const manage = ({ world, user, params }) => {
  const session = world.sessionOf({ params, user });
  if (user.role === "STAFF") throw new HttpError(403, "Forbidden - your role may not manage sessions", "forbidden");
  return session;
};

const owned = (context) => {
  const session = manage(context);
  if (context.user.role !== "SUPERADMIN" && session.userId !== context.user.id)
    throw new HttpError(403, "Forbidden - Only session owner can manage access", "forbidden");
  return session;
};

export const sessionRoutes = [
  [
    "GET /api/sessions",
    ({ world, user }) =>
      world.sessions
        .filter(
          (one) =>
            user.role === "SUPERADMIN" ||
            one.userId === user.id ||
            one.access.some((grant) => grant.userId === user.id),
        )
        .map((one) => view(world, one, user)),
  ],
  [
    "POST /api/sessions",
    ({ world, user, body }) => {
      if (user.role === "STAFF") throw new HttpError(403, "Forbidden", "forbidden");
      if (!body.name) throw wrong("name", "is missing");
      const slug = body.sessionId ?? `s${Math.random().toString(36).slice(2, 8)}`;
      if (!/^[a-z0-9][a-z0-9_-]{1,63}$/.test(slug)) throw wrong("sessionId", "must be 2 to 64 of a-z, 0-9, - and _");
      if (world.sessions.some((one) => one.slug === slug))
        throw new HttpError(409, "sessionId is already taken", "conflict", { field: "sessionId" });
      const session = world.newSession({ slug, name: body.name, userId: user.id, status: "DISCONNECTED" });
      world.act(user, "session.create", slug);
      world.startSession(session);
      return detail(world, session, user);
    },
  ],
  ["GET /api/sessions/{session}", (context) => detail(context.world, context.world.sessionOf(context), context.user)],
  [
    "GET /api/sessions/{session}/qr",
    (context) => {
      const session = context.world.sessionOf(context);
      if (session.status === "CONNECTED")
        throw new HttpError(400, "Already connected", "already_connected", { connected: true });
      if (!session.qr)
        throw new HttpError(404, "QR code not available. Session may be connecting...", "not_available", { qr: null });
      const code = {
        success: true,
        qr: session.qr,
        base64: `data:image/png;base64,${fakeQr(session.qr).toString("base64")}`,
      };
      return { status: true, message: "QR code generated", ...code, data: code };
    },
  ],
  [
    "POST /api/sessions/{session}/start",
    (context) => {
      context.world.startSession(manage(context));
      return ok("Session started successfully", {});
    },
  ],
  [
    "POST /api/sessions/{session}/stop",
    (context) => {
      context.world.setStatus(manage(context), "STOPPED");
      return ok("Session stoped successfully", {});
    },
  ],
  [
    "POST /api/sessions/{session}/restart",
    (context) => {
      context.world.startSession(manage(context));
      return ok("Session restarted successfully", {});
    },
  ],
  [
    "POST /api/sessions/{session}/logout",
    (context) => {
      const session = manage(context);
      const phone = context.world.network.byJid(session.me?.id ?? "");
      if (phone) phone.devices = phone.devices.filter((one) => one.session !== session);
      session.me = null;
      context.world.setStatus(session, "LOGGED_OUT", "logged out here");
      context.world.act(context.user, "session.logout", session.slug);
      return ok("Session logouted successfully", {});
    },
  ],
  [
    "POST /api/sessions/{session}/pair",
    (context) => {
      const session = manage(context);
      const digits = String(context.body.phoneNumber ?? "").replace(/\D/g, "");
      if (digits.length < 7 || digits.length > 15)
        throw wrong("phoneNumber", "must have 7 to 15 digits, with the country code");
      session.pairingCode = "K7QH2M4X";
      session.pairingFor = digits;
      return ok("Pairing code generated successfully", { pairingCode: session.pairingCode });
    },
  ],
  ["GET /api/sessions/{session}/settings", (context) => ok("ok", { config: context.world.sessionOf(context).config })],
  [
    "PATCH /api/sessions/{session}/settings",
    (context) => {
      const session = manage(context);
      const config = context.body.config ?? context.body;
      if ((config.rejectCallMessage ?? "").length > 1000)
        throw wrong("rejectCallMessage", "must have at most 1000 characters");
      for (const [key, value] of Object.entries(config)) {
        if (value === null) delete session.config[key];
        else session.config[key] = value;
      }
      context.world.act(context.user, "session.settings", session.slug);
      return ok("Settings updated", {});
    },
  ],
  [
    "DELETE /api/sessions/{session}/settings",
    (context) => {
      const session = owned(context);
      for (const phone of context.world.network.phones)
        phone.devices = phone.devices.filter((one) => one.session !== session);
      context.world.sessions.splice(context.world.sessions.indexOf(session), 1);
      context.world.act(context.user, "session.delete", session.slug);
      return ok("Session deleted successfully", null);
    },
  ],
  [
    "GET /api/sessions/{session}/bot-config",
    (context) => ok("ok", { id: "bot", sessionId: "x", ...context.world.sessionOf(context).bot }),
  ],
  [
    "POST /api/sessions/{session}/bot-config",
    (context) => {
      const session = manage(context);
      if (context.body.prefix !== undefined && context.body.prefix.length > 5)
        throw wrong("prefix", "must have at most 5 characters");
      Object.assign(session.bot, context.body);
      return ok("ok", session.bot);
    },
  ],
  [
    "GET /api/sessions/{session}/access",
    (context) => {
      const session = owned(context);
      return ok(
        "ok",
        session.access.map((one) => ({
          id: one.userId,
          sessionId: session.id,
          ...one,
          user: pick(context.world.users.find((user) => user.id === one.userId)),
        })),
      );
    },
  ],
  [
    "POST /api/sessions/{session}/access",
    (context) => {
      const session = owned(context);
      const user = context.world.users.find((one) => one.email === context.body.email);
      if (!user) throw new HttpError(404, "User not found with that email", "not_found", { field: "email" });
      if (user.role === "SUPERADMIN")
        throw new HttpError(400, "SUPERADMIN already has access to all sessions", "invalid", { field: "email" });
      if (session.access.some((one) => one.userId === user.id))
        throw new HttpError(409, "User already has access to this session", "conflict", { field: "email" });
      session.access.push({ userId: user.id, createdAt: iso(Date.now()) });
      return { $status: 201, $body: ok(`Access granted to ${user.email}`, {}) };
    },
  ],
  [
    "DELETE /api/sessions/{session}/access",
    (context) => {
      const session = owned(context);
      session.access = session.access.filter((one) => one.userId !== context.body.userId);
      return ok("Access revoked successfully", null);
    },
  ],
  [
    "GET /api/system/monitor/{session}",
    (context) => {
      const session = context.world.sessionOf(context);
      const { contacts, messages } = counts(session);
      return ok("ok", {
        status: session.status,
        uptimeMs: session.since ? Date.now() - session.since : 0,
        uptime: 0,
        ping: session.status === "CONNECTED" ? "Online" : "Offline",
        store: { contacts, chats: session.chats.size, messages },
      });
    },
  ],
];

const pick = (user) => user && { id: user.id, name: user.name, email: user.email, role: user.role };
