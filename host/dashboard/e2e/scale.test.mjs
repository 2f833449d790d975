// 500 sessions and 10,000 chats: only what can be seen is drawn, and scrolling stays smooth.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { isMock, openBrowser, openGateway, settled, shot, signIn } from "./support.mjs";

const skip = isMock ? false : "needs the mock's seed";
let gateway;
let browser;
let page;
before(async () => {
  if (!isMock) return;
  gateway = await openGateway("big");
  browser = await openBrowser();
  page = await browser.page({ gateway });
  await signIn(page, gateway);
});
after(async () => {
  await browser?.close();
  await gateway?.close();
});

const FRAMES = 90;
/** Fifty frames a second leave this much time for each. */
const BUDGET_MS = 20;

/** Scrolls through a list. Counted is the computing time of the page alone: how long a frame took depends on what else the machine does. */
async function smooth(selector, where) {
  const client = await page.context().newCDPSession(page);
  await client.send("Performance.enable", { timeDomain: "threadTicks" });
  const taken = async () => {
    const { metrics } = await client.send("Performance.getMetrics");
    return metrics.find((one) => one.name === "TaskDuration").value * 1000;
  };
  const before = await taken();
  const times = await page.evaluate(
    async ([wanted, count]) => {
      const box = document.querySelector(wanted);
      const all = [];
      let last = performance.now();
      for (let n = 0; n < count; n += 1) {
        box.scrollTop += 613;
        await new Promise((then) => requestAnimationFrame(then));
        const now = performance.now();
        all.push(now - last);
        last = now;
      }
      return all.sort((a, b) => a - b);
    },
    [selector, FRAMES],
  );
  const each = ((await taken()) - before) / FRAMES;
  const worst = times.at(-1);
  console.log(
    `# ${where}: ${each.toFixed(1)} ms of computing a frame; frames took ${times[FRAMES / 2].toFixed(1)} ms in the middle, ${worst.toFixed(0)} ms at worst`,
  );
  assert.ok(each < BUDGET_MS, `${where}: a frame takes ${each.toFixed(1)} ms of computing`);
  await client.detach();
}

const rows = (selector) => page.locator(`${selector} li`).count();

test("500 sessions", { skip }, async () => {
  await settled(page);
  await page.getByText("of 500 connected").waitFor();
  assert.ok((await rows(".card-list")) < 40);
  await smooth(".card-list", "sessions");
  await page.getByRole("searchbox", { name: "Search by name, number or owner" }).fill("Branch 499");
  await page.getByText("branch-499", { exact: true }).waitFor();
});

test("10,000 chats", { skip }, async () => {
  await page.goto(`${gateway.url}/#/chats/branch-1`);
  await settled(page);
  await page.getByRole("list", { name: "Chats" }).waitFor();
  assert.ok((await rows(".split-list .virtual")) < 45);
  await smooth(".split-list .virtual", "chats");
  await shot(page, "big-chats");
});

test("the keyboard goes through all of them", { skip }, async () => {
  const list = page.getByRole("list", { name: "Chats" });
  await list.getByRole("link").first().focus();
  await page.keyboard.press("End");
  await page.waitForFunction(() => document.activeElement?.closest("li")?.getAttribute("aria-posinset") === "10000");
  await page.keyboard.press("ArrowUp");
  await page.waitForFunction(() => document.activeElement?.closest("li")?.getAttribute("aria-posinset") === "9999");
  await page.keyboard.press("Home");
  await page.waitForFunction(() => document.activeElement?.closest("li")?.getAttribute("aria-posinset") === "1");
  await page.keyboard.press("PageDown");
  await page.waitForFunction(() => Number(document.activeElement?.closest("li")?.getAttribute("aria-posinset")) > 5);
});

test("a message among ten thousand chats is there at once", { skip }, async () => {
  const { network, sessions } = gateway.world;
  const ann = network.add("12025550188", "Ann");
  const before = performance.now();
  network.write(ann, "12025550103", { type: "text", text: "a new voice" });
  await page.getByRole("list", { name: "Chats" }).getByText("a new voice").waitFor();
  console.log(`# a new chat after ${(performance.now() - before).toFixed(0)} ms (${sessions.length} sessions)`);
  network.write(ann, "12025550103", { type: "text", text: "and once more" });
  await page.getByRole("list", { name: "Chats" }).getByText("and once more").waitFor();
});

test("a chat of two thousand messages, back to its beginning", { skip, timeout: 90_000 }, async () => {
  await page.goto(`${gateway.url}/#/chats/branch-1/13035550000@s.whatsapp.net`);
  await page.getByRole("log").getByText("Line 1999").waitFor();
  for (let n = 0; n < 3; n += 1) {
    const before = await page.locator(".msg").count();
    await page.getByRole("button", { name: "Load earlier messages" }).click();
    await page.waitForFunction((count) => document.querySelectorAll(".msg").length > count, before);
  }
  assert.ok((await page.locator(".msg").count()) >= 390);
  await smooth(".thread", "messages");
  await page.getByRole("searchbox", { name: "Search chats" }).fill("Line 1500");
  await page.getByRole("button", { name: "Messages", exact: true }).click();
  await page.getByRole("link").filter({ hasText: "Line 1500:" }).click();
  await page.locator(".msg.marked").getByText("Line 1500:").waitFor();
});

test("nothing went wrong", { skip }, () => page.assertClean());
