// Contacts, groups, labels.
import { HttpError, ok, wrong } from "../http.mjs";
import { bare } from "../network.mjs";
import { iso, newId } from "../world.mjs";

const groupOf = (context) => {
  const session = context.world.sessionOf(context);
  const group = context.world.network.groups.find((one) => one.jid === context.params.jid);
  if (!group) throw new HttpError(404, "Failed to fetch group metadata. Ensure the bot is in the group.", "not_found");
  return { session, group };
};

const metadata = (world, group) => ({
  id: group.jid,
  subject: group.subject,
  desc: group.description,
  owner: `${group.creator}@s.whatsapp.net`,
  creation: Math.floor(group.createdAt / 1000),
  size: group.members.length,
  restrict: group.locked,
  announce: group.announce,
  ephemeralDuration: group.ephemeral,
  isCommunity: false,
  participants: group.members.map((number) => ({
    id: `${number}@s.whatsapp.net`,
    name: world.network.phones.find((one) => one.number === number)?.name ?? null,
    admin: number === group.creator ? "superadmin" : group.admins.includes(number) ? "admin" : null,
  })),
});

const changed = (context, group) => {
  context.world.emit("group.update", context.world.sessionOf(context), { jid: group.jid });
  return { success: true, status: true, message: "ok" };
};

const labelOf = (context) => {
  const session = context.world.sessionOf(context);
  const label = session.labels.find((one) => one.id === context.params.label);
  if (!label) throw new HttpError(404, "Label not found", "not_found");
  return { session, label };
};

const labelView = (session, label) => ({
  ...label,
  sessionId: session.slug,
  colorHex: "#000000",
  createdAt: iso(Date.now()),
  updatedAt: iso(Date.now()),
  _count: { chatLabels: session.chatLabels.filter((one) => one.labelId === label.id).length },
});

const checkColor = (color) => {
  if (color !== undefined && !(color >= 0 && color <= 19)) throw wrong("color", "must be between 0 and 19");
};

export const peopleRoutes = [
  [
    "GET /api/contacts/{session}",
    (context) => {
      const search = (context.query.get("search") ?? "").toLowerCase();
      const page = Number(context.query.get("page") ?? 1);
      const limit = Number(context.query.get("limit") ?? 10);
      const all = context.world
        .sessionOf(context)
        .contacts.filter((one) => `${one.name} ${one.notify} ${one.jid}`.toLowerCase().includes(search));
      return ok("Contacts retrieved successfully", all.slice((page - 1) * limit, page * limit), {
        meta: { total: all.length, page, limit, totalPages: Math.ceil(all.length / limit) },
      });
    },
  ],
  [
    "POST /api/contacts/{session}/{jid}/{what}",
    (context) => {
      const contact = context.world.sessionOf(context).contacts.find((one) => one.jid === bare(context.params.jid));
      if (contact) contact.blocked = context.params.what === "block";
      return ok("ok", {});
    },
  ],
  [
    "GET /api/groups/{session}",
    (context) =>
      context.world.sessionOf(context).groups.map((one) => ({ ...metadata(context.world, one.group), jid: one.jid })),
  ],
  [
    "POST /api/groups/{session}/create",
    (context) => {
      const session = context.world.sessionOf(context);
      if (session.status !== "CONNECTED") throw new HttpError(503, "Session not ready", "session_not_ready");
      const { world, body } = context;
      const me = world.network.byJid(session.me.id);
      const numbers = body.participants.map((jid) => world.network.byJid(jid)?.number).filter(Boolean);
      if (numbers.length === 0) throw wrong("participants", "nobody of them is on WhatsApp");
      const group = world.network.createGroup(me, body.subject, numbers);
      return ok("Group created", { group: metadata(world, group) }, { group: metadata(world, group) });
    },
  ],
  [
    "POST /api/groups/{session}/invite/accept",
    (context) => {
      const group = context.world.network.groups.find((one) => one.invite === context.body.inviteCode);
      if (!group) throw new HttpError(400, "Invalid or expired invite code", "invalid", { field: "inviteCode" });
      return ok("Joined", { groupJid: group.jid });
    },
  ],
  ["GET /api/groups/{session}/{jid}", (context) => metadata(context.world, groupOf(context).group)],
  [
    "PUT /api/groups/{session}/{jid}/subject",
    (context) => {
      const { group } = groupOf(context);
      group.subject = context.body.subject;
      const session = context.world.sessionOf(context);
      const chat = session.chats.get(group.jid);
      if (chat) chat.name = group.subject;
      return changed(context, group);
    },
  ],
  [
    "PUT /api/groups/{session}/{jid}/description",
    (context) => {
      const { group } = groupOf(context);
      group.description = context.body.description;
      return changed(context, group);
    },
  ],
  [
    "PUT /api/groups/{session}/{jid}/members",
    (context) => {
      const { group } = groupOf(context);
      const { action, participants } = context.body;
      const result = participants.map((jid) => {
        const phone = context.world.network.byJid(jid);
        if (!phone) return { jid, status: "404", content: {} };
        const { number } = phone;
        if (action === "add") {
          if (group.members.includes(number)) return { jid, status: "409", content: {} };
          group.members.push(number);
        } else if (action === "remove") group.members = group.members.filter((one) => one !== number);
        else if (action === "promote") group.admins.push(number);
        else group.admins = group.admins.filter((one) => one !== number);
        return { jid, status: "200", content: {} };
      });
      context.world.emit("group.participant", context.world.sessionOf(context), {
        jid: group.jid,
        action,
        participants,
      });
      return { success: true, status: true, message: "ok", result };
    },
  ],
  [
    "GET /api/groups/{session}/{jid}/invite",
    (context) => {
      const { group } = groupOf(context);
      return { success: true, inviteCode: group.invite, inviteUrl: `https://chat.whatsapp.com/${group.invite}` };
    },
  ],
  [
    "PUT /api/groups/{session}/{jid}/invite",
    (context) => {
      const { group } = groupOf(context);
      group.invite = Math.random().toString(36).slice(2, 14);
      return { success: true, newInviteCode: group.invite, inviteUrl: `https://chat.whatsapp.com/${group.invite}` };
    },
  ],
  [
    "PUT /api/groups/{session}/{jid}/settings",
    (context) => {
      const { group } = groupOf(context);
      const { setting } = context.body;
      if (setting.endsWith("announcement")) group.announce = setting === "announcement";
      else group.locked = setting === "locked";
      return changed(context, group);
    },
  ],
  [
    "PUT /api/groups/{session}/{jid}/ephemeral",
    (context) => {
      const { group } = groupOf(context);
      group.ephemeral = context.body.expiration;
      return changed(context, group);
    },
  ],
  ["PUT /api/groups/{session}/{jid}/picture", (context) => changed(context, groupOf(context).group)],
  ["DELETE /api/groups/{session}/{jid}/picture", (context) => changed(context, groupOf(context).group)],
  [
    "POST /api/groups/{session}/{jid}/leave",
    (context) => {
      const { session, group } = groupOf(context);
      session.groups = session.groups.filter((one) => one.jid !== group.jid);
      return changed(context, group);
    },
  ],
  [
    "GET /api/labels/{session}",
    (context) => {
      const session = context.world.sessionOf(context);
      const labels = session.labels.map((one) => labelView(session, one));
      return ok("ok", { labels }, { labels });
    },
  ],
  [
    "POST /api/labels/{session}",
    (context) => {
      const session = context.world.sessionOf(context);
      if (!context.body.name) throw wrong("name", "is missing");
      checkColor(context.body.color);
      if (session.labels.some((one) => one.name === context.body.name))
        throw new HttpError(409, "name is already taken", "conflict", { field: "name" });
      const label = { id: newId(), name: context.body.name, color: context.body.color ?? 0 };
      session.labels.unshift(label);
      return ok("Label created", { label: labelView(session, label) });
    },
  ],
  [
    "PUT /api/labels/{session}/{label}",
    (context) => {
      const { session, label } = labelOf(context);
      checkColor(context.body.color);
      Object.assign(label, { name: context.body.name ?? label.name, color: context.body.color ?? label.color });
      return ok("ok", labelView(session, label));
    },
  ],
  [
    "DELETE /api/labels/{session}/{label}",
    (context) => {
      const { session, label } = labelOf(context);
      session.labels = session.labels.filter((one) => one !== label);
      session.chatLabels = session.chatLabels.filter((one) => one.labelId !== label.id);
      return ok("Label deleted successfully", null);
    },
  ],
  [
    "GET /api/labels/{session}/chat/{jid}/labels",
    (context) => {
      const session = context.world.sessionOf(context);
      const ids = session.chatLabels
        .filter((one) => one.chatJid === bare(context.params.jid))
        .map((one) => one.labelId);
      const labels = session.labels.filter((one) => ids.includes(one.id)).map((one) => labelView(session, one));
      return ok("ok", { labels }, { labels });
    },
  ],
  [
    "PUT /api/labels/{session}/chat/{jid}/labels",
    (context) => {
      const session = context.world.sessionOf(context);
      const chatJid = bare(context.params.jid);
      session.chatLabels = session.chatLabels.filter(
        (one) => one.chatJid !== chatJid || !context.body.labelIds.includes(one.labelId),
      );
      if (context.body.action === "add")
        session.chatLabels.push(...context.body.labelIds.map((labelId) => ({ chatJid, labelId })));
      return ok("ok", {});
    },
  ],
  [
    "GET /api/chats/{session}/by-label/{label}",
    (context) => {
      const { session, label } = labelOf(context);
      const chats = session.chatLabels.filter((one) => one.labelId === label.id).map((one) => one.chatJid);
      return { success: true, label: labelView(session, label), chats, count: chats.length };
    },
  ],
];
