// What the devices of one account know of each other, and of their phone.
import assert from "node:assert/strict";
import { test } from "node:test";
import { words } from "./people.mjs";
import { Client } from "./support/baileys.mjs";

export function accountTests(pair) {
  test("what Baileys keeps for its account, and its phone shows", async () => {
    const { ann, ben, client } = pair;
    const archived = (wanted) => (screen) => screen.chats[ann.number]?.archived === wanted;
    const last = client.log.all("messages.upsert").findLast(({ key }) => [ann.jid, ann.lid].includes(key.remoteJid));
    const chat = last.key.remoteJid;
    await client.socket.chatModify({ archive: true, lastMessages: [last] }, chat);
    await ben.shows(archived(true));
    const after = client.log.end;
    await ben.tell("app-state", { changes: [{ type: "archive", chat: ann.number, archived: false }] });
    await client.log.next("chats.update", ({ archived }) => archived === false, { after });
  });

  test("a Baileys beside the gateway, on one account", async () => {
    const { ann, ben, session, client } = pair;
    const beside = await Client.link(ann);
    try {
      // What the phone had before comes from the media host.
      const past = ({ messages }) => messages.some((message) => message.message && words(message) === "hello Ben");
      await beside.log.next("messaging-history.set", past);

      // Each hears what the other sends, and both hear what Ben writes.
      const ours = await session.text(ben.jid, "from the gateway");
      const copy = await beside.log.next("messages.upsert", ({ key, message }) => key.id === ours && message);
      assert.equal(words(copy), "from the gateway");
      assert.equal(copy.key.fromMe, true);
      const { id: theirs } = await beside.send(ben.jid, { text: "from beside it" });
      const told = await session.log.next("message.sent", ({ key }) => key.id === theirs);
      assert.equal(told.content, "from beside it");
      assert.equal(told.chat, ben.jid);
      for (const id of [ours, theirs]) await client.received(id);
      const { id } = await client.send(ann.jid, { text: "to both" });
      assert.equal((await session.received(id)).content, "to both");
      assert.equal(words(await beside.received(id)), "to both");

      // What the gateway archives is archived beside it; the MACs are verified there.
      const after = beside.log.end;
      await session.put(`/api/chat/${session.slug}/${ben.jid}/archive`, { archive: true });
      await beside.log.next("chats.update", ({ archived }) => archived === true, { after });
    } finally {
      client.complaints.push(...beside.complaints);
      await beside.stop();
    }
  });
}
