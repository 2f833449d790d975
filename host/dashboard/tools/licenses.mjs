// What is bundled keeps its licence: dist/licenses.txt holds the texts of every package that ended up in the build.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** The folder of the package a module belongs to. */
function packageOf(id) {
  let folder = dirname(id.split("?")[0]);
  while (folder.includes("node_modules")) {
    const manifest = join(folder, "package.json");
    if (existsSync(manifest) && JSON.parse(readFileSync(manifest, "utf8")).version) return folder;
    folder = dirname(folder);
  }
  return null;
}

/** A Vite plugin that writes the licences of the bundled packages. */
export function licenses() {
  return {
    name: "wagate-licenses",
    apply: "build",
    generateBundle(_options, bundle) {
      const folders = new Set();
      for (const chunk of Object.values(bundle)) {
        if (chunk.type !== "chunk") continue;
        for (const id of chunk.moduleIds) {
          const folder = id.includes("node_modules") ? packageOf(id) : null;
          if (folder) folders.add(folder);
        }
      }
      const texts = [...folders].map((folder) => {
        const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
        const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
        if (!file) this.error(`${name} has no licence file`);
        return `${name} ${version} (${license})\n\n${readFileSync(join(folder, file), "utf8").trim()}\n`;
      });
      const source = `Software of others in this page.\n\n${texts.sort().join("\n----\n\n")}`;
      this.emitFile({ type: "asset", fileName: "licenses.txt", source });
    },
  };
}
