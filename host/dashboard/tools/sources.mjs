// The sources that the built files come from, as `sha256sum` lines: dist/sources.sha256 says which sources dist is from,
// so that `./check` can tell without Node whether it is stale.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const TOP = ["index.html", "package-lock.json", "package.json", "tsconfig.json", "vite.config.ts"];
const FOLDERS = ["public", "src", "tools"];

function files(folder) {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return files(path);
    return entry.name.includes(".test.") ? [] : [path];
  });
}

export function sourceHashes() {
  const lines = [...TOP, ...FOLDERS.flatMap(files)].sort().map(
    (path) =>
      `${createHash("sha256")
        .update(readFileSync(join(root, path)))
        .digest("hex")}  ${path}`,
  );
  return `${lines.join("\n")}\n`;
}

/** A Vite plugin that writes the list beside the built files. */
export function sources() {
  return {
    name: "wagate-sources",
    apply: "build",
    generateBundle() {
      this.emitFile({ type: "asset", fileName: "sources.sha256", source: sourceHashes() });
    },
  };
}
