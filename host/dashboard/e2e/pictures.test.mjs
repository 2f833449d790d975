// The pictures of the README, taken of the real binary: .ci/dashboard --pictures. Look at them before they are committed.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { isMock, openBrowser, openGateway, settled, signIn } from "./support.mjs";

const { ADMIN_KEY, PICTURES } = process.env;
const skip = isMock || !PICTURES ? "PICTURES is not set" : false;
const OLIVIA = "12025550101";
const CARL = "12025550102";
const INES = "12025550104";
const MATEO = "12025550105";

let gateway;
let browser;
before(async () => {
  if (skip) return;
  gateway = await openGateway();
  browser = await openBrowser();
  mkdirSync(PICTURES, { recursive: true });
});
after(() => browser?.close());

async function ask(path, body, method = body === undefined ? "GET" : "POST") {
  const answer = await fetch(gateway.url + path, {
    method,
    headers: { "x-api-key": ADMIN_KEY },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await answer.text();
  assert.ok(answer.ok || answer.status === 404, `${method} ${path}: ${answer.status} ${text}`);
  return { status: answer.status, body: text === "" ? null : JSON.parse(text) };
}
const phone = async (path, body) => (await ask(`/sandbox/control/phones${path}`, body)).body;
const until = async (what, look) => {
  for (const end = Date.now() + 30_000; Date.now() < end; await new Promise((then) => setTimeout(then, 50))) {
    const found = await look();
    if (found) return found;
  }
  throw new Error(`it did not happen: ${what}`);
};
/** People do not write twice in a second, and times have no smaller unit. */
const breath = () => new Promise((then) => setTimeout(then, 1_100));
const say = async (from, to, text) => {
  await breath();
  return phone(`/${from}/messages`, { to, text });
};
const answer = async (to, text) => {
  await breath();
  return ask(`/api/messages/demo/${to}/send`, { message: { text } });
};

async function link(slug, name, number) {
  await ask("/api/sessions", { name, sessionId: slug });
  const qr = await until("a code", async () => (await ask(`/api/sessions/${slug}/qr`)).body?.qr);
  await phone(`/${number}/scan`, { qr });
  await until("CONNECTED", async () => (await ask(`/api/sessions/${slug}`)).body.status === "CONNECTED");
}

test("a shop with something going on", { skip, timeout: 60_000 }, async () => {
  for (const [number, name] of [
    [OLIVIA, "Olivia"],
    [CARL, "Carl"],
    [INES, "Ines"],
    [MATEO, "Mateo"],
  ]) {
    await phone("", { number, name });
  }
  await link("demo", "Olivia's shop", OLIVIA);
  await ask("/api/sessions", { name: "Workshop", sessionId: "workshop" });
  await ask("/api/autoreplies/demo", {
    keyword: "hours",
    response: "We are open from 9 to 17.",
    matchType: "CONTAINS",
  });
  const { group } = await phone(`/${CARL}/groups`, { subject: "Weekend market", members: [OLIVIA, INES] });
  const market = `${group.id ?? group.jid}`.replace(/(@g\.us)?$/, "@g.us");
  await say(INES, market, "I bring the tables");
  await say(MATEO, OLIVIA, "The parcel has arrived, thank you!");
  await say(INES, OLIVIA, "Can I pay by card?");
  await answer(INES, "Of course.");
  await say(CARL, OLIVIA, "Hello, do you have *mugs*?");
  await answer(CARL, "Six of them. Shall I keep some?");
  await say(CARL, OLIVIA, "Two, please. The blue ones");
  const kept = await answer(CARL, "They are yours until Friday.");
  await say(CARL, OLIVIA, "Your hours?");
  await until("the answer", async () =>
    (await phone(`/${CARL}/inbox?after=0`)).messages.some((one) => one.text.startsWith("We are open")),
  );
  const id = kept.body.data?.key?.id ?? kept.body.key?.id ?? kept.body.data?.messageId;
  if (id) await phone(`/${CARL}/messages`, { to: OLIVIA, content: { type: "reaction", message: id, emoji: "👍" } });
  await phone(`/${CARL}/read`, {});
});

async function take(page, name) {
  await settled(page);
  await page.mouse.move(0, 0);
  assert.deepEqual(page.wrong, []);
  await page.screenshot({ path: join(PICTURES, `${name}.png`) });
}

test("the pictures", { skip, timeout: 60_000 }, async () => {
  const carl = `${CARL}@s.whatsapp.net`;
  const desk = await browser.page({ gateway });
  await desk.setViewportSize({ width: 1120, height: 720 });
  await signIn(desk, gateway);
  await desk.goto(`${gateway.url}/#/chats/demo/${carl}`);
  await desk.getByRole("log").getByText("We are open from 9 to 17.").waitFor();
  await take(desk, "chats");
  await desk.goto(`${gateway.url}/#/session/workshop`);
  await desk.getByAltText("QR code to scan with the phone").waitFor();
  await take(desk, "link");
  await desk.goto(`${gateway.url}/#/plugins/chats/settings`);
  await settled(desk);
  await desk.getByRole("spinbutton").first().fill("500");
  await desk.getByRole("button", { name: "Review the file" }).click();
  await desk.getByRole("dialog").locator(".diff-line.added").first().waitFor();
  await take(desk, "plugin");
  await desk.goto("about:blank");

  const pocket = await browser.page({ gateway, size: "phone", dark: true });
  await signIn(pocket, gateway);
  await pocket.goto(`${gateway.url}/#/chats/demo/${carl}`);
  await pocket.getByRole("log").getByText("We are open from 9 to 17.").waitFor();
  await take(pocket, "pocket");

  const other = await browser.page({ gateway });
  await other.setViewportSize({ width: 1120, height: 720 });
  await signIn(other, gateway, `#/chats/demo/${carl}`);
  await other.goto(`${gateway.url}/#/phone/${CARL}/${OLIVIA}@s.whatsapp.net`);
  await other.getByRole("log").getByText("We are open from 9 to 17.").waitFor();
  await take(other, "phone");
});
