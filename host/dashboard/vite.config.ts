/// <reference types="vitest/config" />
import { defineConfig } from "vite";
import { licenses } from "./tools/licenses.mjs";
import { sources } from "./tools/sources.mjs";

const gateway = process.env.GATEWAY ?? "http://127.0.0.1:4600";

/** The network's control API, for gateways that do not pass it on themselves. */
const control = process.env.SANDBOX_CONTROL;
const proxy = {
  "/api": gateway,
  "/sandbox": control ? { target: control, rewrite: (path: string) => path.replace("/sandbox/control", "") } : gateway,
};

export default defineConfig({
  // Relative: the page also works under a prefix of a reverse proxy.
  base: "./",
  plugins: [licenses(), sources()],
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    target: "es2022",
    // Nothing inline: the content security policy forbids it.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
    rolldownOptions: {
      output: {
        // A few files instead of one for each icon.
        codeSplitting: {
          groups: [
            { name: "vendor", test: /node_modules/ },
            { name: "common", test: /src\/(api|app|data|live|logic|state|text|ui)\// },
          ],
        },
      },
    },
  },
  server: {
    host: "127.0.0.1",
    proxy,
  },
  preview: { host: "127.0.0.1", proxy },
  test: {
    environment: "happy-dom",
    include: ["src/**/*.test.{ts,tsx}"],
  },
});
