// Makes dist/<id>.wasm from plugin.toml, world.wit and src/.
//
// The WIT of the plugin API is taken from $WAGATE_WIT, else from wit/ in this folder, else from where it lies when
// this folder is still in wagate's repository.

import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { componentize } from "componentize-qjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const dist = join(here, "dist");
const entry = join(here, "src", "plugin.js");

/** The folder with the WIT of the plugin API. */
function apiFolder() {
  const places = process.env.WAGATE_WIT
    ? [process.env.WAGATE_WIT]
    : [join(here, "wit"), join(here, "..", "..", "wit", "v1")];
  const found = places.find((place) => existsSync(join(place, "world.wit")));
  if (!found) throw new Error(`no world.wit in ${places.join(" or ")}: copy plugin-api/wit/v1 of wagate to wit/`);
  return found;
}

const manifest = readFileSync(join(here, "plugin.toml"), "utf8");
const id = /^id\s*=\s*"([a-z][a-z0-9-]*)"/m.exec(manifest)?.[1];
if (!id) throw new Error('plugin.toml: no line id = "..."');

// The package of world.wit, with the plugin API as a package it depends on.
rmSync(dist, { recursive: true, force: true });
mkdirSync(join(dist, "wit", "deps"), { recursive: true });
cpSync(join(here, "world.wit"), join(dist, "wit", "world.wit"));
cpSync(apiFolder(), join(dist, "wit", "deps", "wagate-plugin"), { recursive: true });
writeFileSync(join(dist, "manifest.js"), `export default ${JSON.stringify(manifest)};\n`);

const { component } = await componentize({
  witPath: join(dist, "wit"),
  world: "plugin",
  jsPath: entry,
  jsSource: readFileSync(entry, "utf8"),
  moduleRoot: here,
  // A plain component that asks for nothing but the plugin API: no WASI, no asynchronous calling convention.
  sync: true,
  stubWasi: true,
  optSize: true,
});
const output = join(dist, `${id}.wasm`);
writeFileSync(output, component);
console.log(`dist/${id}.wasm: ${Math.round(component.length / 1024)} KiB`);
