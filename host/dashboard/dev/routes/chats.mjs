// Chats, messages, media.
import { HttpError, ok, wrong } from "../http.mjs";
import { bare, chatOf, find } from "../network.mjs";

const ready = (context) => {
  const session = context.world.sessionOf(context);
  if (session.status !== "CONNECTED") throw new HttpError(503, "Session not ready", "session_not_ready");
  return session;
};

/** A send with a key that was seen gets the answer that was given. */
const once = (handler) => (context) => {
  const key = context.request.headers["idempotency-key"];
  const name = key && `${context.params.session}|${key}`;
  if (name && context.world.sent.has(name)) return context.world.sent.get(name);
  const answer = handler(context);
  if (name) context.world.sent.set(name, answer);
  return answer;
};

const sent = (row) =>
  ok("Message sent successfully", {
    key: { remoteJid: row.remoteJid, fromMe: true, id: row.keyId },
    message: {},
    messageTimestamp: String(Math.floor(Date.now() / 1000)),
    status: "SENT",
  });

function row(chat) {
  const last = chat.messages.at(-1);
  return {
    jid: chat.jid,
    name: chat.name,
    notify: null,
    profilePic: null,
    unreadCount: chat.unread,
    archived: chat.archived,
    pinned: chat.pinned,
    mutedUntil: chat.mutedUntil,
    lastMessage: last && {
      content: last.content,
      timestamp: last.timestamp,
      type: last.type,
      fromMe: last.fromMe,
      status: last.status,
    },
  };
}

const messageOf = (session, id) => {
  const found = find(session, id);
  if (!found) throw new HttpError(404, "Message not found", "not_found");
  return found;
};

export const chatRoutes = [
  [
    "GET /api/chat/{session}",
    (context) => {
      const limit = Number(context.query.get("limit") ?? 1000);
      if (limit > 1000) throw new HttpError(400, "limit: must be a number from 1 to 1000");
      const offset = Number(context.query.get("offset") ?? 0);
      return [...context.world.sessionOf(context).chats.values()]
        .filter((chat) => chat.messages.length > 0)
        .map(row)
        .sort((a, b) => b.lastMessage.timestamp.localeCompare(a.lastMessage.timestamp))
        .slice(offset, offset + limit);
    },
  ],
  [
    "GET /api/chat/{session}/{jid}",
    (context) => {
      const chat = context.world.sessionOf(context).chats.get(bare(context.params.jid));
      return { status: true, success: true, data: (chat?.messages ?? []).slice(-100) };
    },
  ],
  [
    "POST /api/chat/{session}/check",
    (context) => {
      ready(context);
      const numbers = context.body.numbers ?? [];
      if (numbers.length > 50) throw new HttpError(400, "Maximum 50 numbers per request");
      return ok("ok", {
        results: numbers.map((number) => ({
          number,
          exists: context.world.network.byJid(bare(number)) !== null,
          jid: context.world.network.byJid(bare(number))?.jid ?? null,
        })),
      });
    },
  ],
  [
    "PUT /api/chat/{session}/{jid}/read",
    (context) => {
      const session = ready(context);
      const chat = chatOf(session, bare(context.params.jid));
      chat.unread = 0;
      if (session.config.readReceipts !== false && session.me) {
        const phone = context.world.network.byJid(session.me.id);
        if (phone) context.world.network.read(phone, chat.jid);
      }
      context.world.emit("chat.updated", session, { jid: chat.jid, unreadCount: 0 });
      return ok("Messages marked as read", {});
    },
  ],
  [
    "POST /api/chat/{session}/{jid}/presence",
    (context) => {
      context.world.network.presence(ready(context), bare(context.params.jid), context.body.presence);
      return ok("ok", {});
    },
  ],
  [
    "PUT /api/chat/{session}/{jid}/{what}",
    (context) => {
      const chat = chatOf(ready(context), bare(context.params.jid));
      const { what } = context.params;
      if (what === "archive") chat.archived = context.body.archive ?? true;
      else if (what === "pin") chat.pinned = context.body.pin ?? true;
      else if (what === "mute")
        chat.mutedUntil = context.body.mute === false ? null : new Date(Date.now() + 8 * 3_600_000).toISOString();
      else throw new HttpError(404, "Not found", "not_found");
      return ok("ok", {});
    },
  ],
  [
    "POST /api/messages/{session}/forward",
    (context) => {
      const session = ready(context);
      const original = messageOf(session, context.body.messageId);
      for (const jid of context.body.toJids)
        context.world.network.send(session, jid, { type: "text", text: original.content ?? "" });
      return ok(`Message forwarded to ${context.body.toJids.length} recipient(s)`, {});
    },
  ],
  [
    "POST /api/messages/{session}/{jid}/send",
    once((context) => {
      const session = ready(context);
      const text = context.body.message?.text;
      if (typeof text !== "string" || text === "") throw wrong("message.text", "is missing");
      if (text.includes("refuse me")) throw new HttpError(409, "WhatsApp refused with 463", "rejected");
      return sent(
        context.world.network.send(
          session,
          context.params.jid,
          { type: "text", text },
          undefined,
          context.body.quotedMessageId ?? null,
        ),
      );
    }),
  ],
  [
    "POST /api/messages/{session}/{jid}/{kind}",
    once((context) => {
      const session = ready(context);
      const { body, params, world } = context;
      if (params.kind === "media" || params.kind === "sticker") {
        const file = body.files?.file;
        if (!file) throw wrong("file", "is required");
        const type = params.kind === "sticker" ? "sticker" : (body.fields.type ?? "document");
        return sent(
          world.network.send(
            session,
            params.jid,
            {
              type,
              data: file.bytes.toString("base64"),
              mimetype: file.mime,
              fileName: file.fileName,
              caption: body.fields.caption,
            },
            undefined,
            body.fields.quotedMessageId ?? null,
          ),
        );
      }
      if (params.kind === "poll") {
        if ((body.options ?? []).length < 2) throw wrong("options", "must be 2 to 12");
        return sent(
          world.network.send(session, params.jid, {
            type: "poll",
            text: `${body.question}\n${body.options.map((one) => `○ ${one}`).join("\n")}`,
          }),
        );
      }
      if (params.kind === "location")
        return sent(
          world.network.send(session, params.jid, { type: "location", text: `${body.latitude},${body.longitude}` }),
        );
      throw new HttpError(404, "Not found", "not_found");
    }),
  ],
  [
    "POST /api/messages/{session}/{jid}/{message}/react",
    (context) => {
      const session = ready(context);
      messageOf(session, context.params.message);
      context.world.network.change(session, context.params.jid, {
        type: "reaction",
        message: context.params.message,
        emoji: context.body.emoji,
      });
      return ok("Reaction sent", {});
    },
  ],
  [
    "PATCH /api/messages/{session}/{jid}/{message}",
    (context) => {
      const session = ready(context);
      messageOf(session, context.params.message);
      context.world.network.change(session, context.params.jid, {
        type: "edit",
        message: context.params.message,
        text: context.body.text,
      });
      return ok("Message edited successfully", {});
    },
  ],
  [
    "DELETE /api/messages/{session}/{jid}/{message}",
    (context) => {
      const session = ready(context);
      messageOf(session, context.params.message);
      context.world.network.change(session, context.params.jid, { type: "revoke", message: context.params.message });
      return ok("Message deleted for everyone", {});
    },
  ],
  [
    "GET /api/messages/{session}/search",
    (context) => {
      const session = context.world.sessionOf(context);
      const q = (context.query.get("q") ?? "").toLowerCase();
      const jid = context.query.get("jid");
      if (!q && !jid) throw new HttpError(400, "At least one of 'q' (search query) or 'jid' is required");
      const limit = Math.min(100, Number(context.query.get("limit") ?? 20));
      const page = Math.max(1, Number(context.query.get("page") ?? 1));
      const all = [...session.chats.values()]
        .filter((chat) => !jid || chat.jid === bare(jid))
        .flatMap((chat) => chat.messages)
        .filter((one) => !q || (one.content ?? "").toLowerCase().includes(q))
        .sort((a, b) => b.timestamp.localeCompare(a.timestamp));
      return ok("Messages successfully retrieved", all.slice((page - 1) * limit, page * limit), {
        pagination: { total: all.length, page, limit, pages: Math.ceil(all.length / limit) },
      });
    },
  ],
  [
    "GET /api/messages/{session}/download/{message}/media",
    (context) => {
      const found = messageOf(context.world.sessionOf(context), context.params.message);
      return media(context, (found.mediaUrl ?? "").split("/").at(-1));
    },
  ],
  ["GET /api/media/{file}", (context) => media(context, context.params.file)],
];

function media({ world, response }, name) {
  const file = world.media.get(name);
  if (!file) throw new HttpError(404, "File not found", "not_found");
  response.writeHead(200, {
    "Content-Type": file.mime,
    "Content-Length": file.bytes.length,
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
  });
  response.end(file.bytes);
  return undefined;
}
