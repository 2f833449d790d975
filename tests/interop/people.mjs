// What two people do in their chat.
import assert from "node:assert/strict";
import { test } from "node:test";
import { picture, sha256 } from "./support/samples.mjs";
import { vote } from "./support/votes.mjs";

/** As Baileys numbers them. */
const DELIVERED = 3;
const READ = 4;

/** The words of a message, of whatever kind. */
export const words = ({ message }) => message.conversation ?? message.extendedTextMessage?.text;

export function peopleTests(pair) {
  test("texts, their delivery, and answers", async () => {
    const { ann, ben, session, client } = pair;
    const first = await client.send(ann.jid, { text: "hello Ann" });
    const there = await session.received(first.id);
    assert.equal(there.content, "hello Ann");
    assert.equal(there.pushName, "Ben");
    assert.equal(there.chat, ben.jid);
    await client.status(first.id, DELIVERED);

    const second = await session.text(ben.jid, "hello Ben");
    const here = await client.received(second);
    assert.equal(words(here), "hello Ben");
    assert.equal(here.pushName, "Ann");
    assert.equal(here.key.fromMe, false);
    await session.status(second, "DELIVERED");

    const answer = await session.send(ben.jid, `${first.id}/reply`, { message: { text: "an answer" } });
    const { message } = await client.received(answer);
    assert.equal(message.extendedTextMessage.text, "an answer");
    assert.equal(message.extendedTextMessage.contextInfo.stanzaId, first.id);
    assert.equal(message.extendedTextMessage.contextInfo.quotedMessage.extendedTextMessage?.text, "hello Ann");

    const quoting = await client.send(here.key.remoteJid, { text: "to that" }, { quoted: here });
    const quoted = await session.received(quoting.id);
    assert.equal(quoted.content, "to that");
    assert.equal(quoted.quoted.key.id, second);
  });

  test("pictures, up and down", async () => {
    const { ann, ben, session, client } = pair;
    const theirs = picture();
    const up = await client.send(ann.jid, {
      image: theirs,
      caption: "the sea",
      jpegThumbnail: "",
      width: 128,
      height: 128,
    });
    const told = await session.received(up.id);
    assert.equal(told.type, "IMAGE");
    assert.equal(told.caption, "the sea");
    assert.equal(sha256(await session.file(up.id)), sha256(theirs));

    const ours = picture();
    const file = `data:image/png;base64,${ours.toString("base64")}`;
    const id = await session.send(ben.jid, "media", { file, type: "image", caption: "the hills" });
    const down = await client.received(id);
    assert.equal(down.message.imageMessage.caption, "the hills");
    assert.equal(sha256(await client.file(down)), sha256(ours));
  });

  test("documents, up and down", async () => {
    const { ann, ben, session, client } = pair;
    const theirs = picture(16);
    const up = await client.send(ann.jid, {
      document: theirs,
      fileName: "plan.bin",
      mimetype: "application/octet-stream",
    });
    const told = await session.received(up.id);
    assert.equal(told.type, "DOCUMENT");
    assert.equal(sha256(await session.file(up.id)), sha256(theirs));

    const file = `data:application/octet-stream;base64,${theirs.toString("base64")}`;
    const id = await session.send(ben.jid, "media", { file, type: "document", fileName: "plan.bin" });
    const down = await client.received(id);
    assert.equal(down.message.documentMessage.fileName, "plan.bin");
    assert.equal(sha256(await client.file(down)), sha256(theirs));
  });

  test("reactions, and taking them back", async () => {
    const { ann, ben, session, client } = pair;
    const id = await session.text(ben.jid, "how is it?");
    const { key } = await client.received(id);
    const seen = (emoji) => session.log.next("message.reaction", (data) => data.keyId === id && data.emoji === emoji);
    await client.send(key.remoteJid, { react: { text: "👍", key } });
    assert.equal((await seen("👍")).sender, ben.jid);
    await client.send(key.remoteJid, { react: { text: "", key } });
    assert.equal((await seen("")).removed, true);

    const sent = await client.send(ann.jid, { text: "and yours?" });
    await session.received(sent.id);
    const told = (text) =>
      client.log.next("messages.reaction", (data) => data.key.id === sent.id && (data.reaction.text ?? "") === text);
    await session.post(`/api/messages/${session.slug}/${ben.jid}/${sent.id}/react`, { emoji: "🎉" });
    assert.equal((await told("🎉")).key.fromMe, true);
    await session.post(`/api/messages/${session.slug}/${ben.jid}/${sent.id}/react`, { emoji: "" });
    await told("");
  });

  test("edits", async () => {
    const { ann, ben, session, client } = pair;
    const sent = await client.send(ann.jid, { text: "at tree" });
    await session.received(sent.id);
    await client.send(ann.jid, { text: "at three", edit: sent });
    const edited = await session.log.next("message.edited", ({ keyId }) => keyId === sent.id);
    assert.equal(edited.newContent, "at three");

    const id = await session.text(ben.jid, "at for");
    await client.received(id);
    await session.must("PATCH", `/api/messages/${session.slug}/${ben.jid}/${id}`, { text: "at four" });
    const { update } = await client.log.next("messages.update", ({ key, update }) => key.id === id && update.message);
    const { message } = update.message.editedMessage;
    assert.equal(words({ message }), "at four");
  });

  test("deletes", async () => {
    const { ann, ben, session, client } = pair;
    const sent = await client.send(ann.jid, { text: "a secret" });
    await session.received(sent.id);
    await client.send(ann.jid, { delete: sent });
    await session.log.next("message.deleted", ({ keyId }) => keyId === sent.id);

    const id = await session.text(ben.jid, "another secret");
    await client.received(id);
    await session.must("DELETE", `/api/messages/${session.slug}/${ben.jid}/${id}`);
    await client.log.next("messages.update", ({ key, update }) => key.id === id && update.message === null);
  });

  test("read receipts", async () => {
    const { ann, ben, session, client } = pair;
    const id = await session.text(ben.jid, "read this");
    const { key } = await client.received(id);
    await client.socket.readMessages([key]);
    await session.status(id, "READ");

    const sent = await client.send(ann.jid, { text: "and this" });
    await session.received(sent.id);
    await session.put(`/api/chat/${session.slug}/${ben.jid}/read`, { messageIds: [sent.id] });
    await client.status(sent.id, READ);
  });

  test("presence", async () => {
    const { ann, ben, session, client } = pair;
    const after = session.log.end;
    const seen = (presence) =>
      session.log.next("presence.updated", (data) => data.jid === ben.jid && data.presence === presence, { after });
    await session.post(`/api/chat/${session.slug}/${ben.jid}/presence`, { presence: "available" });
    await client.socket.sendPresenceUpdate("unavailable");
    await client.socket.sendPresenceUpdate("available");
    await client.socket.sendPresenceUpdate("composing", ann.jid);
    await seen("composing");

    const told = (presence, after) =>
      client.log.next(
        "presence.update",
        ({ presences }) => Object.values(presences).some((one) => one.lastKnownPresence === presence),
        { after },
      );
    const subscribed = client.log.end;
    await client.socket.presenceSubscribe(ann.jid);
    await told("available", subscribed);
    // Baileys says that somebody who no longer types is there.
    for (const [presence, heard] of [
      ["composing", "composing"],
      ["recording", "recording"],
      ["paused", "available"],
      ["unavailable", "unavailable"],
    ]) {
      const after = client.log.end;
      await session.post(`/api/chat/${session.slug}/${ben.jid}/presence`, { presence });
      await told(heard, after);
    }
  });

  test("polls and votes", async () => {
    const { ann, ben, session, client } = pair;
    const options = ["tea", "coffee", "water"];
    const id = await session.send(ben.jid, "poll", { question: "What?", options, selectableCount: 2 });
    const asked = await client.received(id);
    const poll = asked.message.pollCreationMessageV3 ?? asked.message.pollCreationMessage;
    assert.equal(poll.name, "What?");
    assert.deepEqual(
      poll.options.map((option) => option.optionName),
      options,
    );
    const own = asked.key.remoteJid.endsWith("@lid") ? client.lid : client.jid;
    const cast = vote({
      poll: asked.message,
      pollKey: asked.key,
      creator: asked.key.remoteJid,
      voter: own,
      options: ["tea", "water"],
    });
    await client.socket.relayMessage(asked.key.remoteJid, cast, {});
    const counted = await session.log.next("poll.voted", ({ keyId }) => keyId === id);
    assert.deepEqual(counted.selectedOptions, ["tea", "water"]);

    const sent = await client.send(ann.jid, { poll: { name: "When?", values: ["now", "later"], selectableCount: 1 } });
    const there = await session.received(sent.id);
    assert.equal(there.type, "POLL");
    assert.equal(there.content, "When?");
  });

  test("what came while Baileys was away", async () => {
    const { ben, session, client } = pair;
    await client.stop();
    const ids = [];
    for (const text of ["one", "two", "three"]) ids.push(await session.text(ben.jid, text));
    await client.start();
    for (const [n, text] of ["one", "two", "three"].entries()) {
      const { message } = await client.log.next("messages.upsert", ({ key, message }) => key.id === ids[n] && message);
      assert.equal(words({ message }), text);
    }
    await session.status(ids[2], "DELIVERED");
  });
}
