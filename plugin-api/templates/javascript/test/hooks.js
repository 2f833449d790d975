// Lets Node load the plugin: `wagate:plugin/...` is the fake host, and the manifest is read where it stands.

import { readFileSync } from "node:fs";
import { register } from "node:module";
import { isMainThread } from "node:worker_threads";

// Node runs the two functions below in a thread of their own, which loads this file again.
if (isMainThread) register(import.meta.url);

const HOST = "wagate:plugin/";
const MANIFEST = new URL("../dist/manifest.js", import.meta.url).href;

export function resolve(specifier, context, next) {
  if (specifier.startsWith(HOST)) return { url: specifier, shortCircuit: true };
  if (specifier.endsWith("/dist/manifest.js")) return { url: MANIFEST, shortCircuit: true };
  return next(specifier, context);
}

export function load(url, context, next) {
  if (url.startsWith(HOST)) return source(`export default globalThis.fakeHost[${JSON.stringify(url.slice(HOST.length))}];`);
  if (url !== MANIFEST) return next(url, context);
  const manifest = readFileSync(new URL("../plugin.toml", import.meta.url), "utf8");
  return source(`export default ${JSON.stringify(manifest)};`);
}

function source(text) {
  return { format: "module", source: text, shortCircuit: true };
}
