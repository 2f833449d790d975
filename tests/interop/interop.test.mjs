// Two clients that share no line of code, an unpatched Baileys and a session of the gateway, talk to each other over the
// sandbox network. What one does, the other sees as it was meant. Run by .ci/interop, which starts the gateway.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { accountTests } from "./account.mjs";
import { groupTests } from "./groups.mjs";
import { peopleTests } from "./people.mjs";
import { Client } from "./support/baileys.mjs";
import { Session } from "./support/gateway.mjs";
import { control, Phone } from "./support/network.mjs";

/** How the two accounts address people: by phone number, or by LID. */
const ARRANGEMENTS = [
  { gateway: "pn", baileys: "pn", prefix: "1202555011" },
  { gateway: "lid", baileys: "lid", prefix: "1202555012" },
  { gateway: "lid", baileys: "pn", prefix: "1202555013" },
];

/** What Baileys says of itself, not of the network. */
const SAID_OF_ITSELF = [
  // It is told to come back with its new account, and logs every end of a stream as an error.
  /stream errored out.*"code":"515"/,
  // It wants to show presence before it has fetched its own name.
  /no name present, ignoring presence update/,
  // It handles the first two messages of its phone at once: the key, and the history, after which it needs the key. It
  // comes back to the collection when it has it.
  /blocked on missing key from v0, parking/,
];

for (const { gateway, baileys, prefix } of ARRANGEMENTS) {
  describe(`the gateway by ${gateway}, Baileys by ${baileys}`, { concurrency: false }, () => {
    // Ann's account is the gateway's, Ben's is Baileys'; Cleo has a phone alone.
    const pair = {};

    before(async () => {
      pair.ann = await Phone.add(`${prefix}1`, "Ann", gateway);
      pair.ben = await Phone.add(`${prefix}2`, "Ben", baileys);
      pair.cleo = await Phone.add(`${prefix}3`, "Cleo", baileys);
      [pair.session, pair.client] = await Promise.all([
        Session.link(`shop-${prefix}`, pair.ann),
        Client.link(pair.ben),
      ]);
    });
    after(async () => {
      await Promise.all([pair.client?.stop(), pair.session?.close()]);
    });

    test("pairs by QR code", async () => {
      const { ben, client, session } = pair;
      assert.equal(client.jid, ben.jid);
      assert.equal(client.lid, ben.lid);
      const { status } = await session.get(`/api/sessions/${session.slug}`);
      assert.equal(status, "CONNECTED");
      const { error } = await session.log.next("history.progress", () => true);
      assert.equal(error, null, "what the phone had before is read");
    });

    peopleTests(pair);
    groupTests(pair);
    accountTests(pair);

    test("nobody has anything to complain about", async () => {
      const { client, ben, ann } = pair;
      const complaints = client.complaints.filter((line) => !SAID_OF_ITSELF.some((known) => known.test(line)));
      assert.deepEqual(complaints, []);
      const { counters } = await control("/state");
      const { unknownQueries, undecryptable, undeliverable } = counters;
      assert.deepEqual(
        { unknownQueries, undecryptable, undeliverable },
        { unknownQueries: 0, undecryptable: 0, undeliverable: 0 },
      );
      for (const phone of [ann, ben]) assert.deepEqual((await phone.screen()).unreadable, []);
    });
  });
}
