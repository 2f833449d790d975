// Each page at the size of a desk and of a phone, in light and dark: no error, nothing axe-core calls serious, a picture to look at.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { accessible, openBrowser, openGateway, settled, shot, signIn } from "./support.mjs";

let gateway;
let browser;
before(async () => {
  gateway = await openGateway("demo");
  browser = await openBrowser();
});
after(async () => {
  await browser?.close();
  await gateway?.close();
});

const ask = (page, path) =>
  page.evaluate((where) => fetch(where).then((answer) => (answer.ok ? answer.json() : null)), path);
const rows = (body) => (Array.isArray(body) ? body : (body?.data ?? []));

/** Every page there is, with what this gateway has to show on it. */
async function pagesOf(page) {
  const info = await ask(page, "./api/system/info");
  const wanted = process.env.SESSION;
  const sessions = rows(await ask(page, "./api/sessions"));
  const session = (
    sessions.find((one) => (wanted ? one.sessionId === wanted : one.status === "CONNECTED")) ?? sessions[0]
  )?.sessionId;
  const pages = [
    ["sessions", "#/sessions"],
    ["plugins", "#/plugins"],
    ["plugin", "#/plugins/autoreply"],
    ["plugin-settings", "#/plugins/autoreply/settings"],
    ["users", "#/users"],
    ["keys", "#/keys"],
    ["notifications", "#/notifications"],
    ["system", "#/system"],
    ["system-settings", "#/system/settings"],
    ["audit", "#/system/audit"],
    ["account", "#/account"],
    ["not-found", "#/nowhere"],
  ];
  if (info.data.sandbox) {
    const phones = (await ask(page, "./sandbox/control/state"))?.phones ?? [];
    const [one, other] = phones.length > 1 ? [phones[1], phones[0]] : [phones[0], phones[0]];
    pages.push(["phone", one ? `#/phone/${one.number}` : "#/phone"]);
    if (other) pages.push(["phone-chat", `#/phone/${one.number}/${other.number}@s.whatsapp.net`]);
  }
  if (!session) return pages;
  const of = (name, ...rest) => `#/${[name, session, ...rest].join("/")}`;
  pages.push(
    ["session", of("session")],
    ["session-settings", of("session", "settings")],
    ["session-bot", of("session", "bot")],
    ["session-access", of("session", "access")],
    ["chats", of("chats")],
    ["contacts", of("contacts")],
    ["groups", of("groups")],
    ["labels", of("labels")],
    ["autoreplies", of("autoreplies")],
    ["scheduler", of("scheduler")],
    ["scheduler-history", of("scheduler", "history")],
    ["broadcast", of("broadcast")],
    ["webhooks", of("webhooks")],
  );
  const chats = rows(await ask(page, `./api/chat/${session}`));
  const chat = chats.find((one) => one.pinned) ?? chats[0];
  if (chat) pages.push(["chat", of("chats", chat.jid)]);
  const group = rows(await ask(page, `./api/groups/${session}`))[0];
  const jid = group?.jid ?? group?.id;
  if (jid) pages.push(["group", of("groups", jid)], ["group-chat", of("chats", jid)]);
  const webhook = rows(await ask(page, `./api/webhooks/${session}`)).at(-1);
  if (webhook) pages.push(["webhook", of("webhooks", webhook.id)]);
  return pages;
}

for (const size of ["desktop", "phone"]) {
  for (const dark of [false, true]) {
    test(`every page, ${size}, ${dark ? "dark" : "light"}`, async () => {
      const page = await browser.page({ size, dark, gateway });
      await page.goto(gateway.url);
      await page.getByRole("heading", { name: "Sign in" }).waitFor();
      const problems = await accessible(page, "sign-in");
      await shot(page, `${size}-${dark ? "dark" : "light"}-sign-in`);
      await signIn(page, gateway);
      await settled(page);
      for (const [name, path] of await pagesOf(page)) {
        await page.goto(`${gateway.url}/${path}`);
        await settled(page);
        await page.locator("main :is(h1, h2):visible").first().waitFor();
        problems.push(...(await accessible(page, name)));
        await shot(page, `${size}-${dark ? "dark" : "light"}-${name}`);
        const width = await page.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
        );
        if (width > 0) problems.push(`${name} is wider than the window by ${width} px`);
      }
      await page.context().close();
      assert.deepEqual([...new Set(problems)], []);
      page.assertClean();
    });
  }
}
