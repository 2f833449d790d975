// A component whose author means harm: the golden one, with other words in its manifest.
import assert from "node:assert/strict";

const BEGIN = "# What the author declares.";
const LAST = "maximum = 31536000\n";

/** The manifest stands in the component as text: one of the same length takes its place. */
export function hostileComponent(golden, corpus) {
  const begin = golden.indexOf(BEGIN);
  const end = golden.indexOf(LAST, begin) + LAST.length;
  assert.ok(begin > 0 && end > begin, "the golden component has its manifest as text");
  const old = golden.subarray(begin, end).toString("utf8");
  const say = (n) => JSON.stringify(corpus[n % corpus.length]);
  let n = 0;
  const manifest = old
    .replace(/^#.*\n/gm, "")
    .replace(/\n\n+/g, "\n")
    .replace(/^description = "Shows.*$/m, () => `description = ${JSON.stringify(corpus.slice(0, 8).join(" "))}`)
    .replace(/^description = "(?!<).*"$/gm, (line) =>
      line.includes(corpus[0].slice(0, 7)) ? line : `title = ${say(n + 1)}\ndescription = ${say(n++)}`,
    )
    .replace(/^reason = .*$/gm, () => `reason = ${say(n++)}`);
  const bytes = Buffer.from(manifest);
  const spare = end - begin - bytes.length;
  assert.ok(spare >= 1, `the hostile manifest is ${-spare} bytes too long`);
  const component = Buffer.from(golden);
  component.fill(0x0a, begin, end);
  bytes.copy(component, begin);
  return component;
}
