// Groups, made by either side.
import assert from "node:assert/strict";
import { test } from "node:test";
import { decryptPollVote } from "baileys";
import { words } from "./people.mjs";
import { control } from "./support/network.mjs";
import { chosen } from "./support/votes.mjs";

export function groupTests(pair) {
  test("groups that the gateway makes", async () => {
    const { ben, cleo, session, client } = pair;
    const made = await session.post(`/api/groups/${session.slug}/create`, {
      subject: "Plans",
      participants: [ben.jid],
    });
    const group = made.data.group.id;
    const there = await client.log.next("groups.upsert", ({ id }) => id === group);
    assert.equal(there.subject, "Plans");
    await agree(pair, group, { Ann: "superadmin", Ben: "member" });
    await conversation(pair, group);

    await change(pair, group, "promote", [ben.jid]);
    await heard(pair, group, "promote");
    await client.socket.groupParticipantsUpdate(group, [cleo.jid], "add");
    await told(pair, group, "add");
    await agree(pair, group, { Ann: "superadmin", Ben: "admin", Cleo: "member" });
    await conversation(pair, group);

    await change(pair, group, "remove", [cleo.jid]);
    await heard(pair, group, "remove");
    await agree(pair, group, { Ann: "superadmin", Ben: "admin" });
    await conversation(pair, group);
  });

  test("groups that Baileys makes", async () => {
    const { ann, cleo, session, client } = pair;
    const { id: group } = await client.socket.groupCreate("Trips", [ann.jid]);
    await session.log.next("group.update", (data) => data.jid === group);
    await agree(pair, group, { Ben: "superadmin", Ann: "member" });
    await conversation(pair, group);

    await client.socket.groupParticipantsUpdate(group, [ann.jid], "promote");
    await told(pair, group, "promote");
    await change(pair, group, "add", [cleo.jid]);
    await heard(pair, group, "add");
    await agree(pair, group, { Ben: "superadmin", Ann: "admin", Cleo: "member" });
    await conversation(pair, group);

    await client.socket.groupUpdateSubject(group, "Long trips");
    await session.log.next("group.update", (data) => data.jid === group && JSON.stringify(data).includes("Long trips"));
    await session.put(`/api/groups/${session.slug}/${group}/subject`, { subject: "Short trips" });
    await client.log.next("groups.update", ({ id, subject }) => id === group && subject === "Short trips");
    await client.socket.groupUpdateDescription(group, "Where to, and when");
    await agree(pair, group, { Ben: "superadmin", Ann: "admin", Cleo: "member" });
    await polls(pair, group);
    await client.socket.groupLeave(group);
    await told(pair, group, "remove");
  });
}

const change = ({ session }, group, action, participants) =>
  session.put(`/api/groups/${session.slug}/${group}/members`, { action, participants });

/** Baileys hears that members changed. */
const heard = ({ client }, group, what) =>
  client.log.next("group-participants.update", ({ id, action }) => id === group && action === what);

/** The gateway tells that members changed. */
const told = ({ session }, group, what) =>
  session.log.next("group.participant", ({ jid, action }) => jid === group && action === what);

/** The network, the gateway and Baileys know the same group, with these people in it. */
async function agree(pair, group, ranks) {
  const network = await control(`/groups/${group}`);
  const ours = await pair.session.get(`/api/groups/${pair.session.slug}/${group}`);
  const theirs = await pair.client.socket.groupMetadata(group);
  for (const view of [ours, theirs]) {
    assert.equal(view.subject, network.subject);
    assert.equal(view.desc || null, network.description);
    assert.equal(view.addressingMode, network.addressing);
    assert.equal(view.announce, network.announce);
    assert.equal(view.restrict, network.locked);
  }
  const people = [pair.ann, pair.ben, pair.cleo];
  const wanted = people.filter(({ name }) => ranks[name]).map(({ name, jid }) => `${jid} ${ranks[name]}`);
  const members = {
    network: network.members.map(({ number, rank }) => `${number}@s.whatsapp.net ${rank}`),
    gateway: ours.participants.map(({ phoneNumber, admin }) => `${phoneNumber} ${admin ?? "member"}`),
    baileys: theirs.participants.map(({ id, phoneNumber, admin }) => `${phoneNumber ?? id} ${admin ?? "member"}`),
  };
  for (const [who, list] of Object.entries(members)) assert.deepEqual(list.sort(), wanted.sort(), who);
}

/** A message each way, and a reaction. */
async function conversation({ ben, session, client }, group) {
  const id = await session.text(group, "hello all");
  const here = await client.received(id);
  assert.equal(words(here), "hello all");
  assert.equal(here.key.remoteJid, group);
  const sent = await client.send(group, { text: "hello Ann and all" });
  const there = await session.received(sent.id);
  assert.equal(there.content, "hello Ann and all");
  assert.equal(there.chat, group);
  assert.equal(there.sender, ben.jid);
  await client.send(group, { react: { text: "👍", key: here.key } });
  await session.log.next("message.reaction", (data) => data.keyId === id && data.emoji === "👍");
}

/** A poll of each side: Cleo votes, and both read her vote. */
async function polls({ cleo, session, client }, group) {
  const options = ["hills", "sea", "town"];
  const ours = await session.send(group, "poll", { question: "Where?", options, selectableCount: 2 });
  const asked = await client.received(ours);
  const theirs = await client.send(group, { poll: { name: "And then?", values: options, selectableCount: 1 } });
  assert.equal((await session.received(theirs.id)).type, "POLL");
  await cleo.received(theirs.id);

  for (const [poll, content, creator] of [
    [ours, asked.message, asked.key.participant],
    [theirs.id, client.sent.get(theirs.id), asked.key.participant.endsWith("@lid") ? client.lid : client.jid],
  ]) {
    const { id } = await cleo.send(group, { type: "vote", poll, options: ["sea"] });
    const { selectedOptions, voter } = await session.log.next("poll.voted", ({ keyId }) => keyId === poll);
    assert.deepEqual(selectedOptions, ["sea"]);
    assert.equal(voter, cleo.jid);
    const { key, message } = await client.received(id);
    const opened = decryptPollVote(message.pollUpdateMessage.vote, {
      pollEncKey: content.messageContextInfo.messageSecret,
      pollCreatorJid: creator,
      pollMsgId: poll,
      voterJid: key.participant,
    });
    assert.deepEqual(chosen(options, opened), ["sea"]);
  }
}
