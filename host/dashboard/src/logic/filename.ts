/** File names from strangers. */

/** Control characters, and those that turn the direction of text: `gpj.exe` must not read as `exe.jpg`. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
const HIDDEN = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g;
const LONGEST = 40;

/** A name that can be shown: no path, nothing hidden, its end always visible. */
export function shown(name: string): string {
  const last = name.replace(HIDDEN, "").split(/[/\\]/).at(-1)?.trim() ?? "";
  if (last === "" || last === "." || last === "..") return "file";
  if (last.length <= LONGEST) return last;
  const tail = 12;
  return `${last.slice(0, LONGEST - tail - 1)}…${last.slice(-tail)}`;
}

/** A name that can be saved. */
export function saved(name: string): string {
  const last = name.replace(HIDDEN, "").split(/[/\\]/).at(-1)?.trim() ?? "";
  return last.replace(/[<>:"|?*]/g, "_").replace(/^\.+/, "") || "file";
}

/** Text of one line from strangers: a push name, a subject. */
export function clean(text: string): string {
  return text.replace(HIDDEN, " ").replace(/\s+/g, " ").trim();
}
