// Texts that try to become code, in every field the API has: nothing may run, and every page still works.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { HOSTILE } from "../dev/seeds.mjs";
import { isMock, openBrowser, openGateway, settled, shot, signIn } from "./support.mjs";

const skip = isMock ? false : "the mock knows how to be hostile";
let gateway;
let browser;
let page;
before(async () => {
  if (!isMock) return;
  gateway = await openGateway("hostile");
  browser = await openBrowser();
  page = await browser.page({ gateway });
});
after(async () => {
  await browser?.close();
  await gateway?.close();
});

const quiet = async (where) => {
  await settled(page);
  assert.equal(await page.evaluate(() => window.__xss), undefined, where);
  const bad = await page.evaluate(() =>
    [...document.querySelectorAll("a[href], img[src], video[src], audio[src], iframe, object, embed, form[action]")]
      .map((one) => one.getAttribute("href") ?? one.getAttribute("src") ?? one.tagName)
      .filter((address) => !/^(#|\.\/|https?:|data:image\/png|blob:)/.test(address)),
  );
  assert.deepEqual(bad, [], where);
  const handlers = await page.evaluate(() =>
    [...document.querySelectorAll("*")].flatMap((one) =>
      one.getAttributeNames().filter((name) => name.startsWith("on")),
    ),
  );
  assert.deepEqual(handlers, [], where);
};

test("no page runs what strangers wrote", { skip, timeout: 120_000 }, async () => {
  await signIn(page, gateway);
  const group = gateway.world.network.groups[0].jid;
  const webhook = gateway.world.sessions.find((one) => one.slug === "shop").webhooks[0].id;
  const broadcast = gateway.world.sessions.find((one) => one.slug === "shop").broadcasts[0].id;
  const plugin = gateway.world.plugins[0].name;
  const pages = [
    "sessions",
    "session/shop",
    "session/waiting",
    "session/broken",
    "session/shop/access",
    "chats/shop",
    "chats/shop/12025550102@s.whatsapp.net",
    `chats/shop/${group}`,
    "contacts/shop",
    "groups/shop",
    `groups/shop/${group}`,
    "labels/shop",
    "autoreplies/shop",
    "scheduler/shop",
    "broadcast/shop",
    `broadcast/shop/${broadcast}`,
    "webhooks/shop",
    `webhooks/shop/${webhook}`,
    "plugins",
    `plugins/${plugin}`,
    `plugins/${plugin}/settings`,
    "users",
    "keys",
    "notifications",
    "system",
    "system/audit",
    "account",
    "phone/12025550103",
    "phone/12025550102/12025550103@s.whatsapp.net",
  ];
  for (const path of pages) {
    await page.goto(`${gateway.url}/#/${path}`);
    await settled(page);
    await page.locator("main :is(h1, h2)").first().waitFor();
    await quiet(path);
  }
});

test("typed and sent, they stay texts", { skip, timeout: 60_000 }, async () => {
  await page.goto(`${gateway.url}/#/chats/shop/12025550102@s.whatsapp.net`);
  for (const text of HOSTILE) {
    await page.getByRole("textbox", { name: "Write a message" }).fill(text);
    await page.keyboard.press("Enter");
  }
  await page.locator(".msg.out").nth(HOSTILE.length).waitFor();
  await quiet("after sending");
  await shot(page, "hostile-chat");
  await page.goto(`${gateway.url}/#/phone/12025550102/12025550103@s.whatsapp.net`);
  await page
    .getByRole("log")
    .locator("article")
    .nth(HOSTILE.length - 1)
    .waitFor();
  await quiet("on the phone");
});

test("in the search and in addresses as well", { skip, timeout: 60_000 }, async () => {
  await page.goto(`${gateway.url}/#/chats/shop`);
  for (const text of HOSTILE.slice(0, 4)) {
    await page.getByRole("searchbox", { name: "Search chats" }).fill(text);
    await page.getByRole("button", { name: "Messages", exact: true }).click();
    await quiet(`search for ${text}`);
  }
  for (const text of HOSTILE) {
    await page.goto(`${gateway.url}/#/session/${encodeURIComponent(text)}`);
    await quiet(`address ${text}`);
  }
});

test("the browser had nothing to complain about", { skip }, () => {
  const wrong = page.wrong.filter((one) => !/status of 40[34]|Failed to load resource/.test(one));
  assert.deepEqual(wrong, []);
});
