// The corpus of hostile texts in every field that a stranger, a user or an administrator can fill, against the real
// binary: put in by the API, by the simulated phones and by files, then every page is opened. What is made up by the mock
// is in hostile.test.mjs.
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { CORPUS, canary, strangers } from "./corpus.mjs";
import { hostileComponent } from "./hostile-plugin.mjs";
import { isMock, openBrowser, openGateway, settled, shot, signIn } from "./support.mjs";

const { ADMIN_KEY, CONFIG_DIR } = process.env;
const skip = isMock || !ADMIN_KEY || !CONFIG_DIR ? "needs a real gateway, its ADMIN_KEY and CONFIG_DIR" : false;
const stamp = Date.now().toString(36);
const SLUG = `corpus-${stamp}`;
/** Two numbers of their own, also when the tests are repeated. */
const at = 1000 + 2 * (Date.now() % 4000);
const SAM = `1202555${at}`;
const CARL = `1202555${at + 1}`;
const GOLDEN = new URL("../../../tests/goldens/1.0/example.wasm", import.meta.url);
const DEADLINE = 30_000;

let gateway;
let browser;
let page;
/** A server that answers webhooks with hostile words. */
let receiver;
const made = { keys: [] };

before(async () => {
  if (skip) return;
  gateway = await openGateway();
  browser = await openBrowser();
  page = await browser.page({ gateway, allow: [/status of 40\d/, /status of 50[03]/] });
  await page.addInitScript(canary);
  page.on("dialog", async (dialog) => {
    page.wrong.push(`a dialog opened: ${dialog.message()}`);
    await dialog.dismiss();
  });
  receiver = createServer((_request, response) => {
    response.writeHead(400, { "content-type": "text/html" }).end(CORPUS.join("\n"));
  });
  await new Promise((then) => receiver.listen(0, "127.0.0.1", then));
});
after(async () => {
  await browser?.close();
  await new Promise((then) => (receiver ? receiver.close(then) : then()));
});

async function ask(path, body, method = body === undefined ? "GET" : "POST") {
  const answer = await fetch(gateway.url + path, {
    method,
    headers: { "x-api-key": ADMIN_KEY, "content-type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await answer.text();
  // The corpus is long, and a quick machine asks for more of it than a key may in a second.
  if (answer.status === 429) {
    const seconds = Number(answer.headers.get("retry-after"));
    assert.ok(seconds > 0 && seconds <= 10, `${method} ${path}: ${answer.status} without a time: ${text}`);
    await new Promise((then) => setTimeout(then, seconds * 1000));
    return ask(path, body, method);
  }
  assert.ok(answer.ok, `${method} ${path} ${JSON.stringify(body)}: ${answer.status} ${text}`);
  return text === "" ? null : JSON.parse(text);
}
const phone = (path, body, method) => ask(`/sandbox/control${path}`, body, method);
const api = (path, body, method) => ask(`/api${path}`, body, method);
/** One after the other: some of the fields belong to one row. */
const each = async (put) => {
  for (const [n, text] of CORPUS.entries()) await put(text, n);
};
const until = async (what, look) => {
  for (const end = Date.now() + DEADLINE; Date.now() < end; await new Promise((then) => setTimeout(then, 50))) {
    const found = await look();
    if (found) return found;
  }
  throw new Error(`it did not happen within ${DEADLINE} ms: ${what}`);
};

test("a plugin of a hostile author is installed", { skip }, async () => {
  // A manifest that changes the direction of writing is refused by itself.
  const corpus = CORPUS.filter((text) => !/\p{Bidi_Control}/u.test(text));
  await writeFile(join(CONFIG_DIR, "plugins", "example.wasm"), hostileComponent(await readFile(GOLDEN), corpus));
  await writeFile(
    join(CONFIG_DIR, "plugins", "example.toml"),
    `enabled = true\n\n[settings]\npong = ${JSON.stringify(CORPUS[0])}\n\n[grants]\ncapabilities = ["store"]\n`,
  );
});

test("phones, a session, and what strangers write to it", { skip, timeout: 60_000 }, async () => {
  await phone("/phones", { number: SAM, name: CORPUS[1] });
  await phone("/phones", { number: CARL, name: CORPUS[2] });
  await api("/sessions", { name: CORPUS[0], sessionId: SLUG });
  const qr = await until("a code", async () => {
    const answer = await fetch(`${gateway.url}/api/sessions/${SLUG}/qr`, { headers: { "x-api-key": ADMIN_KEY } });
    return answer.ok && (await answer.json()).qr;
  });
  await phone(`/phones/${SAM}/scan`, { qr });
  await until("CONNECTED", async () => (await api(`/sessions/${SLUG}`)).status === "CONNECTED");

  const send = (content) => phone(`/phones/${CARL}/messages`, { to: SAM, content });
  await each((text) => phone(`/phones/${CARL}/messages`, { to: SAM, text }));
  await each((text) =>
    send({ type: "text", text: `see ${text}`, preview: { url: text, title: text, description: text } }),
  );
  await each((text, n) =>
    send(
      [
        { type: "image", caption: text },
        { type: "document", fileName: text, mimetype: "text/html", caption: text },
        { type: "location", latitude: 1, longitude: 2, name: text, address: text, url: text },
        { type: "contact", name: text, vcard: `BEGIN:VCARD\nVERSION:3.0\nFN:${text}\nURL:${text}\nEND:VCARD` },
        { type: "poll", question: text, options: [text, `${text} 2`] },
        {
          type: "list",
          text,
          button: text,
          title: text,
          footer: text,
          sections: [{ title: text, rows: [{ id: text, title: text, description: text }] }],
        },
      ][n % 6],
    ),
  );
  const first = await phone(`/phones/${CARL}/messages`, { to: SAM, text: "the first words" });
  await phone(`/phones/${CARL}/messages`, { to: SAM, content: { type: "edit", message: first.id, text: CORPUS[9] } });
  await phone(`/phones/${CARL}/messages`, {
    to: SAM,
    content: { type: "reaction", message: first.id, emoji: CORPUS[1] },
  });
  await phone(`/phones/${CARL}/status`, { text: CORPUS[0], to: [SAM] });
  await phone(`/phones/${CARL}/profile`, {
    about: CORPUS[3],
    business: { name: CORPUS[4], description: CORPUS[5], address: CORPUS[6] },
  });
});

test("groups, people and labels", { skip, timeout: 60_000 }, async () => {
  await each(async (subject, n) => {
    const { group } = await phone(`/phones/${CARL}/groups`, {
      subject,
      description: CORPUS.join("\n"),
      members: [SAM],
    });
    const jid = `${group.id ?? group.jid}`.replace(/(@g\.us)?$/, "@g.us");
    made.group ??= jid;
    if (n < 3) await phone(`/phones/${CARL}/messages`, { to: jid, text: CORPUS[n + 7] });
  });
  const numbers = [...CORPUS.keys()].map((n) => `120255502${String(n).padStart(2, "0")}`);
  const changes = numbers.map((number, n) => ({ type: "contact", number, name: CORPUS[n], firstName: CORPUS[n] }));
  await phone(`/phones/${SAM}/app-state`, {
    changes: [...changes, { type: "contact", number: CARL, name: CORPUS[1] }],
  });
  const labels = [];
  await each(async (name, n) => labels.push((await api(`/labels/${SLUG}`, { name, color: n % 20 })).label.id));
  await api(`/labels/${SLUG}/chat/${CARL}/labels`, { labelIds: labels.slice(0, 5), action: "add" }, "PUT");
});

test("what users and administrators fill in", { skip, timeout: 60_000 }, async () => {
  await Promise.all([
    each((text, n) => api(`/autoreplies/${SLUG}`, { keyword: text, response: CORPUS.at(-n - 1), matchType: "EXACT" })),
    each((text) => api("/notifications", { title: text, message: text, href: "/#/sessions", broadcast: true })),
    each(async (text) => made.keys.push((await api("/user/api-keys", { name: text })).data.id)),
    each((text) =>
      api(`/scheduler/${SLUG}`, {
        jid: `${CARL}@s.whatsapp.net`,
        content: text,
        sendAt: new Date(Date.now() + 86_400_000).toISOString(),
      }),
    ),
    each(
      (text, n) =>
        n < 3 &&
        api("/users", { name: text, email: `hostile${n}-${stamp}@example.test`, password: `${text} and more of it` }),
    ),
    each((text, n) =>
      api(`/webhooks/${SLUG}`, {
        name: text,
        url:
          n === 0
            ? `http://127.0.0.1:${receiver.address().port}/`
            : `https://example.com/${encodeURIComponent(text)}?q="'<b>`,
        events: ["message.*"],
        isActive: n === 0,
      }).then((answer) => (made.webhook ??= answer.data.id)),
    ),
    api(`/sessions/${SLUG}/bot-config`, { botName: CORPUS[1], welcomeMessage: CORPUS[2] }),
    api(`/sessions/${SLUG}/settings`, { rejectCalls: true, rejectCallMessage: CORPUS[3] }, "PATCH"),
    api("/settings/system", { appName: CORPUS[1] }),
    api("/user", { name: CORPUS[10] }, "PATCH"),
  ]);
  await fetch(`${gateway.url}/api/webhooks/${SLUG}/${made.webhook}/test`, {
    method: "POST",
    headers: { "x-api-key": ADMIN_KEY },
  });
  await api(`/messages/${SLUG}/broadcast`, { recipients: [CARL], message: CORPUS[0], delay: 1000 });
  for (const text of CORPUS.slice(0, 4)) await api(`/messages/${SLUG}/${CARL}/send`, { message: { text } });
});

test("a file with hostile words is refused in words", { skip, timeout: 60_000 }, async () => {
  const file = join(CONFIG_DIR, "plugins", "sticker.toml");
  made.sticker = await readFile(file, "utf8");
  await writeFile(
    file,
    `${made.sticker}\n[${JSON.stringify(CORPUS[1])}]\n${JSON.stringify(CORPUS[2])} = ${JSON.stringify(CORPUS[0])}\n`,
  );
  await until("the refusal", async () => {
    const { data } = await api("/plugins/sticker");
    return JSON.stringify(data.lastError ?? "").includes("onerror");
  });
  await until("the hostile plugin", async () => {
    const found = (await api("/plugins")).data.find((one) => one.name === "example");
    assert.ok(!found?.lastError, JSON.stringify(found?.lastError));
    return found?.state === "running";
  });
});

/** Opens a page; what has to be read on it stands there letter by letter. */
async function visit(path, texts = []) {
  await page.goto(`${gateway.url}/#/${path}`);
  await page.locator("main :is(h1, h2)").first().waitFor();
  await settled(page);
  assert.deepEqual(await page.evaluate(strangers), [], path);
  for (const text of texts) {
    const plain = text.replace(/[\u202A-\u202E\u2066-\u2069\u00AD]/g, "").trim();
    await page
      .waitForFunction(
        (wanted) => {
          const shown = [...document.querySelectorAll("main input, main textarea")].map((one) => one.value);
          return [document.querySelector("main").textContent, ...shown].some((one) =>
            one.replace(/[\u202A-\u202E\u2066-\u2069\u00AD]/g, "").includes(wanted),
          );
        },
        plain,
        { timeout: 5_000 },
      )
      .catch(() => assert.fail(`${path} does not show ${text}`));
  }
  assert.deepEqual(page.wrong, [], path);
}

test("every page shows them as texts", { skip, timeout: 120_000 }, async () => {
  await signIn(page, gateway);
  const carl = `${CARL}@s.whatsapp.net`;
  // What WhatsApp's marks or the list's height hide is looked for elsewhere.
  const lines = CORPUS.filter((text) => !/[*_`]/.test(text));
  const few = CORPUS.slice(0, 3);
  await visit("sessions", [CORPUS[0]]);
  await visit(`session/${SLUG}`, [CORPUS[0]]);
  await visit(`session/${SLUG}/settings`, [CORPUS[3]]);
  await visit(`session/${SLUG}/bot`, [CORPUS[1], CORPUS[2]]);
  await visit(`session/${SLUG}/access`);
  await visit(`chats/${SLUG}`, few);
  await visit(`chats/${SLUG}/${carl}`, lines);
  await shot(page, "corpus-chat");
  await visit(`chats/${SLUG}/${made.group}`, [CORPUS[7]]);
  await visit(`contacts/${SLUG}`, few);
  await visit(`groups/${SLUG}`, few);
  await visit(`groups/${SLUG}/${made.group}`, lines.slice(0, 5));
  await visit(`labels/${SLUG}`, few);
  await visit(`autoreplies/${SLUG}`, lines);
  await visit(`scheduler/${SLUG}`, few);
  await visit(`broadcast/${SLUG}`, [CORPUS[0]]);
  await visit(`webhooks/${SLUG}`, few);
  await visit(`webhooks/${SLUG}/${made.webhook}`, [CORPUS[0]]);
  await visit("plugins", few);
  await visit("plugins/example", few);
  await shot(page, "corpus-plugin");
  await visit("plugins/example/settings", [CORPUS[0], CORPUS[1]]);
  await visit("plugins/sticker", [CORPUS[1]]);
  await visit("users", few);
  await visit("keys", lines);
  await visit("notifications", few);
  await visit("system");
  await visit("system/settings", [CORPUS[1]]);
  await visit("system/audit");
  await visit("account", [CORPUS[10]]);
  await visit(`phone/${SAM}`, [CORPUS[1]]);
  await visit(`phone/${CARL}/${SAM}@s.whatsapp.net`, lines);
});

test("in addresses, searches and tool tips as well", { skip, timeout: 60_000 }, async () => {
  for (const text of CORPUS.slice(0, 10)) await visit(`session/${encodeURIComponent(text)}`);
  await visit(`chats/${SLUG}`);
  for (const text of [CORPUS[1], CORPUS[2]]) {
    await page.getByRole("searchbox", { name: "Search chats" }).fill(text);
    await page.getByRole("button", { name: "Messages", exact: true }).click();
    await settled(page);
    assert.deepEqual(await page.evaluate(strangers), [], text);
  }
  // Where a pointer or the focus comes, handlers in attributes would run.
  await visit(`chats/${SLUG}/${CARL}@s.whatsapp.net`);
  for (const one of (await page.getByRole("article").all()).slice(-12)) await one.hover();
  assert.deepEqual(await page.evaluate(strangers), []);
});

test("the page at /docs takes a hostile plugin as text too", { skip, timeout: 30_000 }, async () => {
  await page.goto(`${gateway.url}/docs`);
  await page.waitForLoadState("networkidle");
  assert.deepEqual(page.wrong, []);
});

test("nothing ran, no dialog, no violation, nothing left the host", { skip }, async () => {
  if (made.sticker) await writeFile(join(CONFIG_DIR, "plugins", "sticker.toml"), made.sticker);
  await api("/settings/system", { appName: "wagate" });
  await Promise.all(made.keys.map((id) => api(`/user/api-keys/${id}`, undefined, "DELETE")));
  page.assertClean();
});
