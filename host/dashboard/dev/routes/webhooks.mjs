// Webhooks and their deliveries.
import { randomBytes } from "node:crypto";
import { HttpError, ok, wrong } from "../http.mjs";
import { attemptDelivery, iso, newId } from "../world.mjs";

const view = ({ deliveries, secret, ...webhook }) => ({
  ...webhook,
  secret: secret ? "********" : null,
  hasSecret: Boolean(secret),
  health: {
    state: webhook.isActive ? (webhook.url.includes("broken") ? "FAILING" : "ACTIVE") : "PAUSED",
    reason: webhook.isActive && webhook.url.includes("broken") ? "The receiver answered 502 Bad Gateway" : null,
    failingSince: webhook.isActive && webhook.url.includes("broken") ? iso(Date.now() - 5 * 3_600_000) : null,
    heldUntil: null,
    pending: deliveries.filter((one) => one.status === "PENDING" || one.status === "FAILED").length,
    dead: deliveries.filter((one) => one.status === "DEAD").length,
  },
});

const webhookOf = (context) => {
  const session = context.world.sessionOf(context);
  const webhook = session.webhooks.find((one) => one.id === context.params.id);
  if (!webhook) throw new HttpError(404, "Webhook not found", "not_found");
  return { session, webhook };
};

const check = (body) => {
  if (body.url !== undefined && !/^https?:\/\//.test(body.url))
    throw wrong("url", "must start with http:// or https://");
  if (/169\.254|localhost|127\.0\.0\.1/.test(body.url ?? ""))
    throw new HttpError(
      422,
      "url: the host resolves to an address that is not allowed (setting [egress] allow)",
      "refused",
      { field: "url" },
    );
};

export const webhookRoutes = [
  ["GET /api/webhooks/{session}", (context) => ok("ok", context.world.sessionOf(context).webhooks.map(view))],
  [
    "POST /api/webhooks/{session}",
    (context) => {
      const session = context.world.sessionOf(context);
      const { body } = context;
      if (!body.name || !body.url || !(body.events ?? []).length)
        throw new HttpError(400, "Name, URL, and at least one event are required");
      check(body);
      const secret = body.secret || null;
      const made = {
        id: newId(),
        name: body.name,
        url: body.url,
        events: body.events,
        isActive: true,
        secret,
        createdAt: iso(Date.now()),
        deliveries: [],
      };
      session.webhooks.unshift(made);
      return ok("ok", { ...view(made), secret });
    },
  ],
  [
    "PUT /api/webhooks/{session}/{id}",
    (context) => {
      const { webhook } = webhookOf(context);
      check(context.body);
      const { secret, ...rest } = context.body;
      Object.assign(webhook, rest, secret ? { secret } : {});
      return view(webhook);
    },
  ],
  [
    "DELETE /api/webhooks/{session}/{id}",
    (context) => {
      const { session, webhook } = webhookOf(context);
      session.webhooks = session.webhooks.filter((one) => one !== webhook);
      return ok("Operation successful", {});
    },
  ],
  [
    "POST /api/webhooks/{session}/{id}/test",
    (context) => {
      const { webhook } = webhookOf(context);
      const isBroken = webhook.url.includes("broken");
      return ok("ok", {
        success: !isBroken,
        statusCode: isBroken ? 502 : 200,
        responseTimeMs: 42,
        error: isBroken ? "The receiver answered 502 Bad Gateway" : null,
      });
    },
  ],
  [
    "POST /api/webhooks/{session}/{id}/rotate-secret",
    (context) => {
      const { webhook } = webhookOf(context);
      webhook.secret = `whsec_${randomBytes(24).toString("base64")}`;
      return ok("ok", { secret: webhook.secret });
    },
  ],
  [
    "GET /api/webhooks/{session}/{id}/deliveries",
    (context) => {
      const { webhook } = webhookOf(context);
      const status = context.query.get("status");
      const before = context.query.get("before");
      const limit = Number(context.query.get("limit") ?? 50);
      const all = webhook.deliveries.filter((one) => !status || one.status === status);
      const from = before ? all.findIndex((one) => one.id === before) + 1 : 0;
      const page = all.slice(from, from + limit);
      return { status: true, success: true, data: page, next: from + limit < all.length ? page.at(-1).id : null };
    },
  ],
  [
    "POST /api/webhooks/{session}/{id}/deliveries/{delivery}/redeliver",
    (context) => {
      const { webhook } = webhookOf(context);
      const delivery = webhook.deliveries.find((one) => one.id === context.params.delivery);
      if (!delivery) throw new HttpError(404, "Delivery not found", "not_found");
      delivery.status = "PENDING";
      context.world.later(300, () => attemptDelivery(delivery, webhook.url.includes("broken")));
      return ok("ok", {});
    },
  ],
  [
    "POST /api/webhooks/{session}/{id}/deliveries/redeliver",
    (context) => {
      const { webhook } = webhookOf(context);
      const dead = webhook.deliveries.filter((one) => one.status === "DEAD");
      for (const one of dead) {
        one.status = "PENDING";
        context.world.later(300, () => attemptDelivery(one, webhook.url.includes("broken")));
      }
      return ok("ok", { queued: dead.length });
    },
  ],
  [
    "GET /api/webhooks/{session}/{id}/logs",
    (context) => {
      const { webhook } = webhookOf(context);
      const delivery = webhook.deliveries.find((one) => one.id === context.query.get("deliveryId"));
      const tries = Array.from({ length: Math.min(delivery?.attempts ?? 0, 5) }, (_, index) => ({
        id: `${delivery.id}-${index}`,
        event: delivery.event,
        status: delivery.lastError ? "FAILED" : "SUCCESS",
        requestBody: { event: delivery.event, sessionId: context.params.session, data: {} },
        responseStatusCode: delivery.lastStatusCode,
        responseBody: delivery.lastStatusCode ? "<html>no</html>" : null,
        responseTimeMs: 30 + index,
        errorMessage: delivery.lastError,
        createdAt: iso(Date.now() - index * 60_000),
        deliveryId: delivery.id,
      }));
      return { status: true, success: true, data: tries, total: tries.length, limit: 50, offset: 0 };
    },
  ],
  [
    "POST /api/webhooks/{session}/{id}/replay",
    (context) => {
      webhookOf(context);
      if (!(context.body.fromSequence >= 0)) throw wrong("fromSequence", "must be 0 or more");
      return ok("ok", { events: 3 });
    },
  ],
];
