// What a page shows when there is nothing, when something fails, and when the connection comes and goes.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { accessible, isMock, openBrowser, openGateway, SIZES, settled, shot, signIn } from "./support.mjs";

const skip = isMock ? false : "the mock knows how to fail";
let browser;
before(async () => {
  if (isMock) browser = await openBrowser();
});
after(async () => {
  await browser?.close();
});

async function opened(seed, options = {}) {
  const gateway = await openGateway(seed, options);
  const page = await browser.page({
    gateway,
    allow: [/Failed to load resource/, /status of \d+/, /ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_CONNECTION/],
    ...options,
  });
  return {
    gateway,
    page,
    close: () =>
      page
        .context()
        .close()
        .then(() => gateway.close()),
  };
}

const go = (page, path) =>
  page.evaluate((to) => {
    location.hash = to;
  }, path);

test("the first account", { skip }, async () => {
  const { gateway, page, close } = await opened("setup");
  await page.goto(gateway.url);
  await page.getByRole("heading", { name: "Create an account" }).waitFor();
  assert.deepEqual(await accessible(page, "register"), []);
  await shot(page, "state-register");
  const button = page.getByRole("button", { name: "Create an account" });
  await page.getByLabel("Name").fill("First Person");
  await page.getByLabel("E-mail").fill("first@example.com");
  await page.getByLabel("Password").fill("short");
  assert.ok(await button.isDisabled());
  await page.getByLabel("Password").fill("long enough for all");
  await button.click();
  await page.getByRole("heading", { name: "No sessions yet" }).waitFor();
  await shot(page, "state-no-sessions");
  assert.deepEqual(await accessible(page, "no sessions"), []);
  await go(page, "#/chats");
  await page.getByRole("heading", { name: "Session", level: 1, exact: true }).waitFor();
  await page.getByText("No sessions yet").waitFor();
  assert.equal(await page.getByRole("alert").count(), 0);
  assert.deepEqual(await accessible(page, "no session to choose"), []);
  page.assertClean();
  await close();
});

test("empty pages say what belongs there", { skip }, async () => {
  const { gateway, page, close } = await opened("empty");
  const { world } = gateway;
  const session = world.newSession({
    slug: "new",
    name: "New",
    status: "CONNECTED",
    me: { id: "12025550103@s.whatsapp.net", name: "Sam" },
  });
  await signIn(page, gateway);
  const pages = {
    "chats/new": "No chats yet",
    "contacts/new": "No contacts yet",
    "groups/new": "No groups yet",
    "labels/new": "No labels yet",
    "autoreplies/new": "No rules yet",
    "scheduler/new": "Nothing is scheduled",
    "scheduler/new/history": "Nothing was sent yet",
    "broadcast/new": "No broadcasts yet",
    "webhooks/new": "No webhooks yet",
    "session/new/access": "Not shared",
    keys: "No keys yet",
    notifications: "No notifications",
    "system/audit": "Nothing yet",

    phone: "No phones yet",
    "chats/new/12025550199@s.whatsapp.net": "No messages yet",
  };
  for (const [path, title] of Object.entries(pages)) {
    await go(page, `#/${path}`);
    await page.getByRole("heading", { name: title }).waitFor();
    await settled(page);
    assert.deepEqual(await accessible(page, path), []);
    await shot(page, `empty-${path.replace(/[/@.]/g, "-")}`);
  }
  assert.equal(session.slug, "new");
  page.assertClean();
  await close();
});

test("an error shows the gateway's words and the request's id, and may be tried again", { skip }, async () => {
  const { gateway, page, close } = await opened("demo");
  await signIn(page, gateway);
  gateway.world.failures.push({
    path: "/api/labels/",
    status: 503,
    times: 1,
    message: "The storage does not take writes",
  });
  await go(page, "#/labels/shop");
  const alert = page.getByRole("main").getByRole("alert");
  await alert.getByText("The storage does not take writes").waitFor();
  assert.match(await alert.textContent(), /Request req-/);
  await shot(page, "state-error");
  assert.deepEqual(await accessible(page, "error"), []);
  await alert.getByRole("button", { name: "Try again" }).click();
  await page.getByText("Waiting for payment").waitFor();
  await close();
});

test("a field that the gateway refuses is marked", { skip }, async () => {
  const { gateway, page, close } = await opened("demo");
  await signIn(page, gateway, "#/webhooks/shop");
  await page.getByRole("button", { name: "New webhook" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill("Inside");
  await dialog.getByLabel("Address").fill("http://169.254.169.254/latest");
  await dialog.getByRole("button", { name: "Save" }).click();
  await page.waitForFunction(
    () => document.querySelector("dialog [aria-invalid=true]")?.getAttribute("type") === "url",
  );
  await shot(page, "state-field");
  assert.deepEqual(await accessible(page, "field"), []);
  await dialog.getByLabel("Address").fill("https://hooks.example.com/in");
  await dialog.getByRole("button", { name: "Make one" }).click();
  assert.match(await dialog.getByLabel("Secret").inputValue(), /^whsec_/);
  await dialog.getByRole("button", { name: "Save" }).click();
  await page.getByRole("heading", { name: "Inside" }).waitFor();
  await close();
});

test("a message that was refused stays, and goes with the second try", { skip }, async () => {
  const { gateway, page, close } = await opened("demo");
  await signIn(page, gateway, "#/chats/shop/12025550102@s.whatsapp.net");
  gateway.world.failures.push({ path: "/send", status: 504, times: 1, message: "Timed out waiting for the server" });
  await page.getByRole("textbox", { name: "Write a message" }).fill("One try is not enough");
  await page.keyboard.press("Enter");
  await page.getByRole("log").getByText("Timed out waiting for the server").waitFor();
  await shot(page, "state-failed-message");
  await page.getByRole("log").getByRole("button", { name: "Try again" }).click();
  await page
    .getByRole("log")
    .getByRole("article")
    .filter({ hasText: "One try is not enough" })
    .getByRole("img", { name: "Delivered" })
    .waitFor();
  const sent = [...gateway.world.sessions.find((one) => one.slug === "shop").chats.values()]
    .flatMap((chat) => chat.messages)
    .filter((one) => one.content === "One try is not enough");
  assert.equal(sent.length, 1);
  await close();
});

test("the stream is cut, comes back, and has missed nothing", { skip }, async () => {
  const { gateway, page, close } = await opened("demo");
  await signIn(page, gateway, "#/chats/shop/12025550102@s.whatsapp.net");
  await page.getByText("Live", { exact: true }).waitFor();
  gateway.world.bus.emit("cut");
  gateway.world.network.write(gateway.world.network.phone("12025550102"), "12025550103", {
    type: "text",
    text: "written into the gap",
  });
  await page.getByRole("log").getByText("written into the gap").waitFor();
  await page.getByText("Live", { exact: true }).waitFor();
  await close();
});

test("somebody writes, and it is seen", { skip }, async () => {
  const { gateway, page, close } = await opened("demo");
  await signIn(page, gateway, "#/chats/shop/12025550102@s.whatsapp.net");
  await page.getByText("Live", { exact: true }).waitFor();
  const { network } = gateway.world;
  network.typing(network.phone("12025550102"), "12025550103", "composing");
  await page.getByText("writing…").waitFor();
  network.write(network.phone("12025550102"), "12025550103", { type: "text", text: "there it is" });
  await page.getByRole("log").getByText("there it is").waitFor();
  await page.getByText("writing…").waitFor({ state: "detached" });
  await close();
});

test("reply, react, edit, delete, forward", { skip }, async () => {
  const { gateway, page, close } = await opened("demo");
  await signIn(page, gateway, "#/chats/shop/12025550102@s.whatsapp.net");
  const log = page.getByRole("log");
  const line = page.getByRole("textbox", { name: "Write a message" });
  const message = (text) => log.getByRole("article").filter({ hasText: text });
  await message("Large then.").hover();
  await message("Large then.").getByRole("button", { name: "Reply" }).click();
  await line.fill("As you like");
  await page.keyboard.press("Enter");
  await message("As you like").locator("blockquote").getByText("Large then.").waitFor();
  await message("Large then.").first().hover();
  await message("Large then.").first().getByRole("button", { name: "React" }).click();
  await page
    .getByRole("menuitemcheckbox", { name: "🙏" })
    .or(page.getByRole("menuitem", { name: "🙏" }))
    .click();
  await message("Large then.").first().getByRole("list", { name: "Reactions" }).getByText("🙏").waitFor();
  await message("As you like").hover();
  await message("As you like").getByRole("button", { name: "Message menu" }).click();
  await page.getByRole("menuitem", { name: "Edit" }).click();
  assert.equal(await line.inputValue(), "As you like");
  await line.fill("As you wish");
  await page.keyboard.press("Enter");
  await message("As you wish").getByText("edited").waitFor();
  await message("As you wish").hover();
  await message("As you wish").getByRole("button", { name: "Message menu" }).click();
  await page.getByRole("menuitem", { name: "Delete for everyone" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete for everyone" }).click();
  await log.getByText("This message was deleted").waitFor();
  await message("Noted.").hover();
  await message("Noted.").getByRole("button", { name: "Message menu" }).click();
  await page.getByRole("menuitem", { name: "Forward" }).click();
  await page.getByRole("dialog").getByLabel("Ann Ahrens").check();
  await page.getByRole("dialog").getByRole("button", { name: "Forward to 1" }).click();
  await page.getByText("Forwarded to 1 chat").waitFor();
  page.assertClean();
  await close();
});

test("a picture goes out and comes in", { skip }, async () => {
  const { gateway, page, close } = await opened("demo");
  const { picture } = await import("../dev/png.mjs");
  await signIn(page, gateway, "#/chats/shop/12025550102@s.whatsapp.net");
  const chooser = page.waitForEvent("filechooser");
  await page.getByRole("button", { name: "Attach" }).click();
  await page.getByRole("menuitem", { name: "Photo or video" }).click();
  await (await chooser).setFiles({ name: "hill.png", mimeType: "image/png", buffer: picture(2) });
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Caption").fill("The hill behind the shop");
  await shot(page, "state-send-file");
  await dialog.getByRole("button", { name: "Send" }).click();
  await page.getByRole("log").getByText("The hill behind the shop").waitFor();
  await page.getByRole("button", { name: /Open the picture: The hill/ }).click();
  await page.getByRole("dialog").getByRole("img", { name: "The hill behind the shop" }).waitFor();
  await shot(page, "state-picture");
  assert.deepEqual(await accessible(page, "picture"), []);
  await page.keyboard.press("Escape");
  await go(page, "#/phone/12025550102/12025550103@s.whatsapp.net");
  await page.getByRole("log").getByRole("img", { name: "Photo" }).waitFor();
  page.assertClean();
  await close();
});

test("settings of a plugin without a schema are edited as JSON", { skip }, async () => {
  const { gateway, page, close } = await opened("demo");
  gateway.world.plugins.find((one) => one.name === "sticker").settingsSchema = null;
  await signIn(page, gateway, "#/plugins/sticker/settings");
  const field = page.getByLabel("Settings, as JSON");
  await field.fill("{ quality: 60 }");
  await page.getByText("Not valid JSON.").waitFor();
  assert.ok(await page.getByRole("button", { name: "Review the file" }).isDisabled());
  await field.fill('{ "quality": 60, "pack": "refuse me" }');
  await page.getByRole("button", { name: "Review the file" }).click();
  await page.getByRole("alert").getByText("this name is taken").waitFor();
  await field.fill('{ "quality": 60 }');
  await page.getByRole("button", { name: "Review the file" }).click();
  await page.locator(".diff-line.added").getByText("quality = 60").waitFor();
  await page.locator(".diff-line.removed").getByText("quality = 50").waitFor();
  assert.deepEqual(await accessible(page, "review"), []);
  await page.getByRole("button", { name: "Write the file" }).click();
  await page.getByText("The file was written").waitFor();
  await close();
});

test("a broadcast shows how far it is", { skip }, async () => {
  const { gateway, page, close } = await opened("demo");
  await signIn(page, gateway, "#/broadcast/shop");
  await page.getByRole("button", { name: "New broadcast" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Recipients").fill("12025550102\n12025550104\n12025550199");
  await dialog.getByLabel("Message", { exact: true }).fill("We open at eight tomorrow");
  await dialog.getByLabel(/Pause between/).fill("0.5");
  assert.ok(await dialog.getByRole("button", { name: "Send to 3" }).isDisabled());
  await dialog.getByLabel("These people agreed to get this message").check();
  await shot(page, "state-broadcast-new");
  await dialog.getByRole("button", { name: "Send to 3" }).click();
  await page.getByText("2 of 3 sent, 1 failed").waitFor();
  await page.getByText("Completed", { exact: true }).first().waitFor();
  await shot(page, "state-broadcast");
  assert.deepEqual(await accessible(page, "broadcast"), []);
  page.assertClean();
  await close();
});

test("long work of the gateway shows how far it is", { skip }, async () => {
  const { gateway, page, close } = await opened("demo");
  const { world } = gateway;
  await signIn(page, gateway, "#/system");
  await page.getByText("None has been taken here yet.").waitFor();
  await page.getByText("Live", { exact: true }).waitFor();
  const backup = (change) => {
    const at = new Date().toISOString();
    world.backup = { bytesTotal: 4_000_000, sizeBytes: null, error: null, startedAt: at, updatedAt: at, ...change };
    world.emit("backup.progress", null, world.backup);
  };
  backup({ state: "running", step: "copying", bytesDone: 1_000_000 });
  await page.getByRole("progressbar", { name: "Copying the database: 25 %" }).waitFor();
  assert.deepEqual(await accessible(page, "backup"), []);
  await shot(page, "state-backup");
  backup({ state: "failed", step: "packing", bytesDone: 2_500_000, error: "No space left on device" });
  await page.getByRole("alert").getByText("No space left on device").waitFor();
  backup({ state: "done", step: "packing", bytesDone: 4_000_000, sizeBytes: 1_234_567 });
  await page.getByText("1.2 MB", { exact: true }).waitFor();

  await go(page, "#/plugins");
  const row = page.getByRole("listitem").filter({ hasText: "greeter" });
  const greeter = world.plugins.find((one) => one.name === "greeter");
  const plugin = (change) => {
    Object.assign(greeter, change);
    world.emit("plugin.changed", null, { name: greeter.name, state: greeter.state, compiling: greeter.compiling });
  };
  await row.getByText("Running", { exact: true }).waitFor();
  plugin({ state: "compiling", compiling: true });
  await row.getByText("Compiling", { exact: true }).waitFor();
  plugin({ state: "running" });
  await row.getByText("Compiling a new version").waitFor();
  await row.getByText("Running", { exact: true }).waitFor();
  assert.deepEqual(await accessible(page, "compiling"), []);
  await shot(page, "state-compiling");
  plugin({ compiling: false });
  await row.getByText("Compiling a new version").waitFor({ state: "detached" });
  page.assertClean();
  await close();
});

test("a note arrives while one looks elsewhere", { skip }, async () => {
  const { gateway, page, close } = await opened("empty");
  await signIn(page, gateway, "#/keys");
  await page.getByText("Live", { exact: true }).waitFor();
  gateway.world.note(gateway.world.users[0].id, "The disk is nearly full", "5 % are left.", "WARNING", "/system");
  await page.getByRole("button", { name: "Notifications, 1 unread" }).click();
  await page.getByRole("dialog", { name: "Notifications" }).getByText("5 % are left.").waitFor();
  assert.deepEqual(await accessible(page, "bell"), []);
  await shot(page, "state-bell");
  await page.getByRole("link", { name: "The disk is nearly full" }).click();
  await page.getByRole("heading", { name: "System", level: 1 }).waitFor();
  await page.getByRole("button", { name: "Notifications", exact: true }).waitFor();
  await close();
});

test("dialogs hold the focus, close with Escape and give it back", { skip }, async () => {
  const { gateway, page, close } = await opened("demo");
  await signIn(page, gateway, "#/users");
  const button = page.getByRole("button", { name: "New user" });
  await button.focus();
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").waitFor();
  assert.equal(await page.evaluate(() => document.activeElement?.tagName), "INPUT");
  for (let n = 0; n < 12; n += 1) await page.keyboard.press("Tab");
  assert.ok(
    await page.evaluate(
      () => document.activeElement === document.body || document.activeElement?.closest("dialog") !== null,
    ),
  );
  assert.deepEqual(await accessible(page, "dialog"), []);
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  assert.equal(await page.evaluate(() => document.activeElement?.textContent), "New user");
  await close();
});

test("what is dangerous asks first, and the worst wants its name typed", { skip }, async () => {
  const { gateway, page, close } = await opened("demo");
  await signIn(page, gateway, "#/session/night-shift");
  await page.getByRole("button", { name: "More actions" }).click();
  await page.getByRole("menuitem", { name: "Delete session" }).click();
  const dialog = page.getByRole("dialog");
  const button = dialog.getByRole("button", { name: "Delete session" });
  assert.ok(await button.isDisabled());
  await shot(page, "state-delete");
  await dialog.getByLabel("Type night-shift to confirm").fill("night-shift");
  await button.click();
  await page.getByRole("heading", { name: "Sessions", level: 1 }).waitFor();
  assert.ok(!gateway.world.sessions.some((one) => one.slug === "night-shift"));
  await close();
});

test("staff sees what it may do, and nothing else", { skip }, async () => {
  const { gateway, page, close } = await opened("demo");
  await signIn(page, { ...gateway, email: "stefan@example.com" });
  await page.getByRole("heading", { name: "Sessions", level: 1 }).waitFor();
  await settled(page);
  assert.equal(await page.getByRole("button", { name: "New session" }).count(), 0);
  for (const name of ["Plugins", "Users", "System", "Webhooks"])
    assert.equal(await page.getByRole("navigation").getByRole("link", { name, exact: true }).count(), 0, name);
  await shot(page, "state-staff");
  page.assertClean();
  await close();
});

test("the colours follow the system until somebody chooses", { skip }, async () => {
  const { gateway, page, close } = await opened("empty", { dark: true });
  await signIn(page, gateway, "#/account");
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const dark = await background();
  await page.getByRole("button", { name: "Light", exact: true }).click();
  assert.notEqual(await background(), dark);
  await page.reload();
  await page.getByRole("heading", { name: "Account" }).waitFor();
  assert.notEqual(await background(), dark);
  await page.getByRole("button", { name: "As the system" }).click();
  assert.equal(await background(), dark);
  await close();
});

test("on a phone the menu slides in, and closes with Escape", { skip }, async () => {
  const { gateway, page, close } = await opened("demo", { size: "phone" });
  await signIn(page, gateway);
  await page.getByRole("button", { name: "Open the menu" }).click();
  await page.getByRole("navigation", { name: "Main menu" }).waitFor();
  assert.deepEqual(await accessible(page, "menu"), []);
  await shot(page, "state-phone-menu");
  await page.keyboard.press("Escape");
  await page.getByRole("navigation", { name: "Main menu" }).waitFor({ state: "hidden" });
  await page.getByRole("button", { name: "Open the menu" }).click();
  await page.getByRole("link", { name: "Groups" }).click();
  await page.getByRole("list", { name: "Groups" }).waitFor();
  assert.equal(page.viewportSize().width, SIZES.phone.width);
  await close();
});

test("the first page is small and quick", { skip }, async () => {
  const { gateway, page, close } = await opened("empty");
  let bytes = 0;
  const client = await page.context().newCDPSession(page);
  await client.send("Network.enable");
  client.on("Network.loadingFinished", (event) => {
    bytes += event.encodedDataLength;
  });
  await page.goto(gateway.url);
  await page.getByRole("button", { name: "Sign in" }).waitFor();
  const ready = await page.evaluate(() => performance.now());
  console.log(`# first page: ${(bytes / 1000).toFixed(0)} KB, usable after ${ready.toFixed(0)} ms`);
  assert.ok(bytes < 200_000);
  assert.ok(ready < 3_000);
  await close();
});
