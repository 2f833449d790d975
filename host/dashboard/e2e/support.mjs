// What the browser tests share: a gateway (the mock, or a real one), a browser, and a page that notices what goes wrong.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { startMock } from "../dev/server.mjs";
import { PASSWORD } from "../dev/world.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export const SIZES = { desktop: { width: 1280, height: 800 }, phone: { width: 390, height: 844 } };
/** Where pictures go; outside of the repository unless somebody says otherwise. */
export const SHOTS = process.env.SHOTS ?? join(tmpdir(), "wagate-dashboard");
export const isMock = !process.env.BASE_URL;

/** The gateway under test: `BASE_URL`, or a mock with the given seed. */
export async function openGateway(seed = "demo", options = {}) {
  if (!isMock) {
    const { BASE_URL: url, ADMIN_EMAIL: email, ADMIN_PASSWORD: password } = process.env;
    assert.ok(email && password, "BASE_URL needs ADMIN_EMAIL and ADMIN_PASSWORD beside it");
    return { url: url.replace(/\/$/, ""), email, password, close: async () => {} };
  }
  const mock = await startMock({ port: 0, seed, ...options });
  return { ...mock, email: "admin@example.com", password: PASSWORD };
}

export async function openBrowser() {
  const profile = mkdtempSync(join(tmpdir(), "wagate-chromium-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    headless: true,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
  const browser = context.browser();
  return {
    /** A page of its own cookies, at a size, in light or dark. */
    page: async ({ size = "desktop", dark = false, gateway, allow = [] }) => {
      const own = await browser.newContext({
        viewport: SIZES[size],
        colorScheme: dark ? "dark" : "light",
        hasTouch: size === "phone",
        permissions: ["clipboard-read", "clipboard-write"],
        reducedMotion: "reduce",
      });
      const page = await own.newPage();
      page.setDefaultTimeout(10_000);
      return watch(page, gateway, allow);
    },
    close: async () => {
      await context.close();
      rmSync(profile, { recursive: true, force: true });
    },
  };
}

/** Notes every error, and every request that leaves the gateway. */
function watch(page, gateway, allow) {
  const wrong = [];
  page.on("pageerror", (error) => wrong.push(`error in the page: ${error.message}`));
  page.on("console", (message) => {
    if (message.type() !== "error" && message.type() !== "warning") return;
    const text = `${message.text()} (${message.location().url})`;
    if (!allow.some((one) => one.test(text))) wrong.push(`console: ${text}`);
  });
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(gateway.url) && !/^(data|blob|about):/.test(url)) wrong.push(`a request off the host: ${url}`);
  });
  page.wrong = wrong;
  page.assertClean = () => assert.deepEqual(wrong, []);
  return page;
}

export async function signIn(page, gateway, path = "#/sessions") {
  await page.goto(`${gateway.url}/${path}`);
  await page.getByLabel("E-mail").fill(gateway.email);
  await page.getByLabel("Password").fill(gateway.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.locator(".shell").waitFor();
}

/** What axe-core finds that matters, as lines. */
export async function accessible(page, where) {
  await page.evaluate(axe);
  const found = await page.evaluate(() =>
    globalThis.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"] }),
  );
  return found.violations
    .filter((one) => one.impact === "serious" || one.impact === "critical" || one.impact === "moderate")
    .map(
      (one) =>
        `${where}: ${one.impact} ${one.id}: ${one.nodes
          .slice(0, 3)
          .map((node) => `${node.target.join(" ")} ${node.any.map((check) => check.message).join("; ")}`)
          .join(" | ")}`,
    );
}

export async function shot(page, name) {
  mkdirSync(SHOTS, { recursive: true });
  await page.screenshot({ path: join(SHOTS, `${name}.png`) });
}

/** Nothing is loading any more. */
export async function settled(page) {
  await page.waitForFunction(() => !document.querySelector(".skeleton, .spins"), undefined, { timeout: 10_000 });
  await page.evaluate(() => new Promise((then) => requestAnimationFrame(() => requestAnimationFrame(then))));
}
