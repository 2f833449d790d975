// The network of phones: who has which number, which session is linked to whom, and what travels between them.
import { randomBytes } from "node:crypto";
import { EventEmitter } from "node:events";
import { HttpError, wrong } from "./http.mjs";
import { iso, newId } from "./world.mjs";

const JID = "@s.whatsapp.net";
export const bare = (jid) =>
  jid.includes("@") ? jid.replace(/:\d+@/, "@").replace("@c.us", JID) : `${jid.replace(/\D/g, "")}${JID}`;
const stanza = () => `3EB0${randomBytes(8).toString("hex").toUpperCase()}`;
const secs = () => Math.floor(Date.now() / 1000);

export function createNetwork(world) {
  const network = { phones: [], groups: [], journal: [], bus: new EventEmitter().setMaxListeners(0) };

  network.log = (kind, phone, more = {}) => {
    network.journal.push({ seq: network.journal.length + 1, at: Date.now(), kind, phone: phone.number, ...more });
    network.bus.emit("event");
  };

  network.add = (number, name, addressing = "pn") => {
    if (!/^[1-9]\d{6,14}$/.test(number))
      throw wrong("number", "must be 7 to 15 digits, with country code and without +");
    if (network.phones.some((one) => one.number === number))
      throw new HttpError(409, `there is a phone ${number} already`);
    const phone = {
      number,
      name,
      addressing,
      jid: `${number}${JID}`,
      lid: `1000000${number.slice(-8)}@lid`,
      inbox: [],
      outbox: [],
      signals: [],
      devices: [],
    };
    network.phones.push(phone);
    network.log("phone.created", phone);
    return phone;
  };

  network.phone = (number) => {
    const phone = network.phones.find((one) => one.number === number);
    if (!phone) throw new HttpError(404, `there is no phone ${number}`);
    return phone;
  };

  network.byJid = (jid) => network.phones.find((one) => one.jid === bare(jid) || one.lid === jid) ?? null;

  const linkedTo = (phone) => world.sessions.filter((session) => session.me?.id === phone.jid);

  network.link = (phone, session) => {
    const device = { id: (phone.devices.at(-1)?.id ?? 0) + 1, session };
    phone.devices.push(device);
    session.me = { id: phone.jid, name: phone.name, lid: phone.lid };
    session.pairingCode = null;
    world.setStatus(session, "CONNECTING");
    network.log("device.linked", phone, { device: device.id });
    world.later(200, () => {
      for (const other of network.phones) {
        if (other !== phone) contact(session, other);
      }
      session.groups = network.groups
        .filter((group) => group.members.includes(phone.number))
        .map((group) => stored(group));
      world.setStatus(session, "CONNECTED");
      network.log("device.connected", phone, { device: device.id });
    });
    return device;
  };

  network.unlink = (phone, id) => {
    const device = phone.devices.find((one) => one.id === id);
    if (!device) throw new HttpError(404, "there is no such device");
    phone.devices = phone.devices.filter((one) => one !== device);
    device.session.me = null;
    world.setStatus(device.session, "LOGGED_OUT", "the phone removed this device");
    network.log("device.removed", phone, { device: id });
  };

  /** A person writes. */
  network.write = (phone, to, content, id = stanza()) => {
    const group = to.endsWith("@g.us") ? network.groups.find((one) => one.jid === to) : null;
    const other = group ? null : network.byJid(to);
    if (!group && !other) throw wrong("to", `nobody on this network is ${to}`);
    const sent = {
      seq: phone.outbox.length + 1,
      id,
      to: group ? group.jid : other.jid,
      timestamp: secs(),
      devices: 1,
      receipts: [],
      ...view(content),
    };
    phone.outbox.push(sent);
    mark(phone, phone.number, content);
    network.log("message.sent", phone, { id });
    const readers = group ? group.members.filter((one) => one !== phone.number).map(network.phone) : [other];
    for (const reader of readers) {
      receive(reader, phone, group?.jid ?? phone.jid, content, id);
      sent.receipts.push({ from: reader.jid, number: reader.number, type: "delivered", timestamp: secs() });
      for (const session of linkedTo(reader)) incoming(session, phone, group, content, id);
    }
    // The account's own linked devices see it as sent.
    for (const session of linkedTo(phone)) own(session, group ? group.jid : other.jid, content, id);
    network.log("receipt.received", phone, { id });
    return sent;
  };

  function receive(reader, from, chat, content, id, fromMe = false) {
    reader.inbox.push({
      seq: reader.inbox.length + 1,
      id,
      chat,
      from: from.jid,
      fromDevice: 0,
      fromMe,
      pushName: from.name,
      timestamp: secs(),
      copies: 1,
      read: fromMe,
      ...view(content),
    });
    mark(reader, from.number, content);
    network.log("message.received", reader, { id });
  }

  function mark(phone, by, content) {
    const target = content.message;
    const all = [...phone.inbox, ...phone.outbox].filter((one) => one.id === target);
    for (const one of all) {
      if (content.type === "reaction") {
        one.reactions ??= {};
        if (content.emoji) one.reactions[by] = content.emoji;
        else delete one.reactions[by];
      }
      if (content.type === "edit") one.edited = content.text;
      if (content.type === "revoke") one.revoked = true;
    }
  }

  /** A session sends. Answers with the row; what becomes of it are events. */
  network.send = (session, jid, content, id = stanza(), quote = null) => {
    const chat = bare(jid);
    const row = add(session, chat, {
      keyId: id,
      fromMe: true,
      status: "PENDING",
      ...rowOf(world, content),
      quoteId: quote,
      quotedContent: quoted(session, chat, quote),
    });
    world.emit("message.sent", session, eventOf(row, session));
    const me = network.byJid(session.me?.id ?? "") ?? {
      jid: session.me?.id ?? "",
      number: "",
      name: session.name,
      inbox: [],
    };
    const step = (ms, status) =>
      world.later(ms, () => {
        row.status = status;
        world.emit("message.status", session, { keyId: id, remoteJid: chat, status });
      });
    step(40, "SENT");
    const group = network.groups.find((one) => one.jid === chat);
    const readers = group
      ? group.members.filter((one) => one !== me.number).map(network.phone)
      : [network.byJid(chat)].filter(Boolean);
    for (const reader of readers)
      receive(
        reader,
        me,
        group ? group.jid : me.jid,
        content.type === "text" && quote ? { ...content, quote } : content,
        id,
      );
    if (me.number) receive(me, me, chat, content, id, true);
    if (readers.length > 0) step(160, "DELIVERED");
    return row;
  };

  /** A session changes a message that is there. */
  network.change = (session, jid, content) => {
    const chat = bare(jid);
    const me = network.byJid(session.me?.id ?? "");
    const group = network.groups.find((one) => one.jid === chat);
    const readers = group ? group.members.map(network.phone) : [network.byJid(chat), me].filter(Boolean);
    for (const reader of readers) {
      mark(reader, me?.number ?? "", content);
      network.log("message.received", reader);
    }
    apply(session, content, true, session.me?.id ?? "");
  };

  network.read = (phone, chat) => {
    const jid = chat.includes("@g.us") ? chat : (network.byJid(chat)?.jid ?? bare(chat));
    const unread = phone.inbox.filter((one) => !one.read && (one.chat === jid || network.byJid(one.chat)?.jid === jid));
    for (const one of unread) {
      one.read = true;
      const author = network.byJid(one.from);
      const sent = author?.outbox.find((other) => other.id === one.id);
      sent?.receipts.push({ from: phone.jid, number: phone.number, type: "read", timestamp: secs() });
      for (const session of author ? linkedTo(author) : []) {
        const row = find(session, one.id);
        if (!row) continue;
        row.status = "READ";
        world.emit("message.status", session, { keyId: one.id, remoteJid: row.remoteJid, status: "READ" });
      }
      if (author) network.log("receipt.received", author, { id: one.id });
    }
    return unread.length;
  };

  network.typing = (phone, to, state) => {
    const other = network.byJid(to);
    if (!other) return;
    for (const session of linkedTo(other)) world.emit("presence.updated", session, { jid: phone.jid, presence: state });
    signal(other, { kind: "typing", from: phone.number, chat: phone.jid, what: state });
  };

  network.presence = (session, to, state) => {
    const other = network.byJid(to);
    if (other) signal(other, { kind: "typing", from: null, chat: session.me?.id ?? "", what: state });
  };

  function signal(phone, parts) {
    phone.signals.push({ seq: phone.signals.length + 1, at: Date.now(), id: null, ...parts });
    network.bus.emit("event");
  }

  network.createGroup = (phone, subject, members) => {
    const group = {
      id: `12036304${Math.floor(Math.random() * 1e10)}`,
      subject,
      description: "",
      creator: phone.number,
      members: [phone.number, ...members],
      admins: [phone.number],
      announce: false,
      locked: false,
      ephemeral: 0,
      invite: randomBytes(11).toString("base64url"),
      createdAt: Date.now(),
    };
    group.jid = `${group.id}@g.us`;
    network.groups.push(group);
    for (const number of group.members) {
      const member = network.phones.find((one) => one.number === number);
      for (const session of member ? linkedTo(member) : []) {
        session.groups.push(stored(group));
        world.emit("group.update", session, { jid: group.jid, subject });
      }
    }
    network.log("phone.created", phone);
    return group;
  };

  function incoming(session, from, group, content, id) {
    const chat = group ? group.jid : from.jid;
    if (["reaction", "edit", "revoke"].includes(content.type)) return apply(session, content, false, from.jid);
    contact(session, from);
    const row = add(session, chat, {
      keyId: id,
      fromMe: false,
      senderJid: from.jid,
      pushName: from.name,
      status: "DELIVERED",
      ...rowOf(world, content),
      quoteId: content.quote ?? null,
      quotedContent: quoted(session, chat, content.quote),
    });
    const entry = session.chats.get(chat);
    if (group) entry.name = group.subject;
    entry.unread += 1;
    world.emit("message.received", session, eventOf(row, session));
    return answer(session, chat, row, group !== null);
  }

  function own(session, chat, content, id) {
    if (["reaction", "edit", "revoke"].includes(content.type)) return apply(session, content, true, session.me.id);
    const row = add(session, chat, { keyId: id, fromMe: true, status: "SENT", ...rowOf(world, content) });
    return world.emit("message.sent", session, eventOf(row, session));
  }

  function apply(session, content, fromMe, by) {
    const row = find(session, content.message);
    if (!row) return;
    const data = { keyId: row.keyId, remoteJid: row.remoteJid, fromMe };
    if (content.type === "reaction") {
      row.reactions = row.reactions.filter((one) => one.sender !== by);
      if (content.emoji) row.reactions.push({ emoji: content.emoji, sender: by, fromMe });
      world.emit("message.reaction", session, { ...data, emoji: content.emoji, sender: by });
    } else if (content.type === "edit") {
      row.content = content.text;
      row.editedAt = iso(Date.now());
      world.emit("message.edited", session, { ...data, newContent: content.text });
    } else {
      row.deletedAt = iso(Date.now());
      if (!session.config.antiDelete) row.content = null;
      world.emit("message.deleted", session, data);
    }
  }

  function answer(session, chat, row, isGroup) {
    if (!session.bot.enabled || !world.plugins.some((one) => one.name === "autoreply" && one.state === "running"))
      return;
    const text = (row.content ?? "").toLowerCase();
    const rule = session.rules.find((one) => {
      if ((one.triggerType === "GROUP") !== isGroup && one.triggerType !== "ALL") return false;
      const word = one.keyword.toLowerCase();
      if (one.matchType === "EXACT") return text === word;
      if (one.matchType === "CONTAINS") return text.includes(word);
      return one.matchType === "STARTS_WITH" ? text.startsWith(word) : new RegExp(one.keyword, "i").test(text);
    });
    if (rule) world.later(80, () => network.send(session, chat, { type: "text", text: rule.response }));
  }

  return network;
}

function contact(session, phone) {
  if (session.contacts.some((one) => one.jid === phone.jid)) return;
  session.contacts.push({
    id: newId(),
    jid: phone.jid,
    lid: phone.lid,
    name: null,
    notify: phone.name,
    verifiedName: null,
    blocked: false,
  });
}

function view(content) {
  const media =
    content.data === undefined
      ? {}
      : {
          mimetype: content.mimetype,
          media: { bytes: Buffer.from(content.data, "base64").length, fileName: content.fileName ?? null },
        };
  return {
    type: content.type,
    kind: content.type,
    text: content.text ?? content.caption ?? content.emoji ?? null,
    target: content.message ?? null,
    ...media,
    ...(content.quote ? { quoted: { id: content.quote, type: "text", text: null } } : {}),
    $content: content,
  };
}

const KINDS = {
  text: "TEXT",
  image: "IMAGE",
  video: "VIDEO",
  audio: "AUDIO",
  voice: "AUDIO",
  document: "DOCUMENT",
  sticker: "STICKER",
  location: "LOCATION",
  contact: "CONTACT",
  poll: "TEXT",
};

function rowOf(world, content) {
  const row = { type: KINDS[content.type] ?? "TEXT", content: content.text ?? content.caption ?? null };
  if (content.data !== undefined) {
    const bytes = Buffer.from(content.data, "base64");
    const name = `${newId()}.${(content.mimetype ?? "").split("/")[1]?.split(";")[0] ?? "bin"}`;
    Object.assign(row, {
      mediaUrl: world.addMedia(bytes, content.mimetype, name),
      mimeType: content.mimetype,
      fileName: content.fileName ?? null,
      fileSize: bytes.length,
    });
  }
  return row;
}

export function stored(group) {
  return { id: newId(), jid: group.jid, subject: group.subject, group };
}

export function chatOf(session, jid) {
  const found = session.chats.get(jid);
  if (found) return found;
  const chat = { jid, name: null, messages: [], unread: 0, archived: false, pinned: false, mutedUntil: null };
  session.chats.set(jid, chat);
  return chat;
}

export function add(session, jid, parts) {
  const row = {
    id: newId(),
    sessionId: session.id,
    remoteJid: jid,
    senderJid: null,
    pushName: null,
    content: null,
    mediaUrl: null,
    timestamp: iso(parts.at ?? Date.now()),
    quoteId: null,
    contactId: null,
    reactions: [],
    ...parts,
  };
  const chat = chatOf(session, jid);
  chat.messages.push(row);
  return row;
}

export function find(session, id) {
  for (const chat of session.chats.values()) {
    const row = chat.messages.find((one) => one.keyId === id);
    if (row) return row;
  }
  return null;
}

function quoted(session, chat, id) {
  return id ? (session.chats.get(chat)?.messages.find((one) => one.keyId === id)?.content ?? null) : null;
}

function eventOf(row) {
  return {
    key: { id: row.keyId, remoteJid: row.remoteJid, fromMe: row.fromMe, participant: row.senderJid },
    pushName: row.pushName,
    messageTimestamp: Math.floor(Date.parse(row.timestamp) / 1000),
    from: row.remoteJid,
    sender: row.senderJid ?? "ME",
    type: row.type,
    content: row.content,
    fileUrl: row.mediaUrl,
    caption: null,
    quoted: null,
  };
}
