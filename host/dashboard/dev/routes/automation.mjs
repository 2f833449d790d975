// Auto-replies, schedules, broadcasts: the first two vanish with their plugin.
import { HttpError, ok, wrong } from "../http.mjs";
import { iso, newId } from "../world.mjs";

/** A route of a plugin that does not run is none. */
const by = (plugin, handler) => (context) => {
  const found = context.world.plugins.find((one) => one.name === plugin);
  if (found?.state !== "running")
    throw new HttpError(404, `Not found: the plugin ${plugin}, which serves this, is switched off`, "plugin_disabled");
  return handler(context, context.world.sessionOf(context));
};

function rule(body) {
  if (!body.keyword || !body.response)
    throw new HttpError(400, "Missing required fields", "invalid", {
      fields: {
        ...(body.keyword ? {} : { keyword: "is missing" }),
        ...(body.response ? {} : { response: "is missing" }),
      },
    });
  if (body.matchType === "REGEX") {
    try {
      new RegExp(body.keyword);
    } catch {
      throw wrong("keyword", "is not a regular expression");
    }
  }
  return {
    keyword: body.keyword,
    response: body.response,
    matchType: body.matchType ?? "EXACT",
    triggerType: body.triggerType ?? "ALL",
    isMedia: body.isMedia ?? false,
    mediaUrl: body.mediaUrl ?? null,
  };
}

const dropFrom = (session, list, id) => {
  if (!session[list].some((one) => one.id === id)) throw new HttpError(404, "Not found", "not_found");
  session[list] = session[list].filter((one) => one.id !== id);
  return ok("Operation successful", {});
};

function scheduled(body) {
  if (!body.jid || !body.sendAt) throw new HttpError(400, "Missing required fields");
  return {
    jid: body.jid,
    content: body.content ?? "",
    mediaUrl: body.mediaUrl ?? null,
    mediaType: body.mediaType ?? null,
    sendAt: body.sendAt,
    cronExpression: body.cronExpression ?? null,
    status: "PENDING",
  };
}

const broadcastOf = (session, id) => {
  const found = session.broadcasts.find((one) => one.id === id);
  if (!found) throw new HttpError(404, "Broadcast not found", "not_found");
  return found;
};

function run(world, session, broadcast) {
  if (broadcast.status !== "running") return;
  const next = broadcast.recipients.find((one) => one.status === "pending");
  if (!next) {
    broadcast.status = "completed";
    broadcast.completedAt = iso(Date.now());
  } else if (world.network.byJid(next.jid)) {
    world.network.send(session, next.jid, { type: "text", text: broadcast.message });
    Object.assign(next, { status: "sent", sentAt: iso(Date.now()) });
    broadcast.sent += 1;
  } else {
    Object.assign(next, { status: "failed", error: "the number is not on WhatsApp" });
    broadcast.failed += 1;
  }
  const { id, status, total, sent, failed } = broadcast;
  world.emit("broadcast.progress", session, {
    broadcastId: id,
    status,
    total,
    sent,
    failed,
    current: next?.jid ?? null,
  });
  if (broadcast.status === "running") world.later(Math.min(broadcast.delay, 400), () => run(world, session, broadcast));
}

export const automationRoutes = [
  ["GET /api/autoreplies/{session}", by("autoreply", (_, session) => ok("ok", session.rules))],
  [
    "POST /api/autoreplies/{session}",
    by("autoreply", ({ body }, session) => {
      const made = { id: newId(), ...rule(body) };
      session.rules.unshift(made);
      return ok("ok", made);
    }),
  ],
  [
    "PUT /api/autoreplies/{session}/{id}",
    by("autoreply", ({ body, params }, session) => {
      const found = session.rules.find((one) => one.id === params.id);
      if (!found) throw new HttpError(404, "Rule not found", "not_found");
      return Object.assign(found, rule(body));
    }),
  ],
  [
    "DELETE /api/autoreplies/{session}/{id}",
    by("autoreply", ({ params }, session) => dropFrom(session, "rules", params.id)),
  ],
  [
    "GET /api/scheduler/{session}",
    by("scheduler", ({ query }, session) =>
      ok(
        "ok",
        session.scheduled.filter((one) => (query.get("tab") === "history") === (one.status !== "PENDING")),
      ),
    ),
  ],
  [
    "POST /api/scheduler/{session}",
    by("scheduler", ({ body }, session) => {
      const made = { id: newId(), ...scheduled(body) };
      session.scheduled.push(made);
      return ok("ok", made);
    }),
  ],
  [
    "PUT /api/scheduler/{session}/{id}",
    by("scheduler", ({ body, params }, session) => {
      const found = session.scheduled.find((one) => one.id === params.id);
      if (!found) throw new HttpError(404, "Message not found", "not_found");
      return Object.assign(found, scheduled(body));
    }),
  ],
  [
    "DELETE /api/scheduler/{session}/{id}",
    by("scheduler", ({ params }, session) => dropFrom(session, "scheduled", params.id)),
  ],
  [
    "POST /api/messages/{session}/broadcast",
    (context) => {
      const session = context.world.sessionOf(context);
      if (session.status !== "CONNECTED") throw new HttpError(503, "Session not ready", "session_not_ready");
      const { body, world } = context;
      const made = {
        id: newId(),
        message: body.message,
        total: body.recipients.length,
        sent: 0,
        failed: 0,
        status: "running",
        delay: body.delay ?? 2000,
        startedAt: iso(Date.now()),
        completedAt: null,
        recipients: body.recipients.map((jid) => ({ id: newId(), jid, status: "pending", error: null, sentAt: null })),
      };
      session.broadcasts.unshift(made);
      world.later(50, () => run(world, session, made));
      return ok("Broadcast started", { broadcastId: made.id, total: made.total });
    },
  ],
  [
    "GET /api/messages/{session}/broadcast/history",
    (context) => {
      const all = context.world.sessionOf(context).broadcasts;
      return {
        status: true,
        success: true,
        data: all.map(({ recipients, ...one }) => ({ ...one, _count: { recipients: recipients.length } })),
        total: all.length,
        limit: 50,
        offset: 0,
      };
    },
  ],
  [
    "GET /api/messages/{session}/broadcast/history/{id}",
    (context) => ({
      status: true,
      success: true,
      data: broadcastOf(context.world.sessionOf(context), context.params.id),
    }),
  ],
  [
    "POST /api/messages/{session}/broadcast/{id}/{what}",
    (context) => {
      const session = context.world.sessionOf(context);
      const found = broadcastOf(session, context.params.id);
      found.status = { pause: "paused", resume: "running", cancel: "cancelled" }[context.params.what];
      if (found.status === "running") run(context.world, session, found);
      return ok("ok", {});
    },
  ],
];
