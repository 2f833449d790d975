/** WhatsApp's marks in a text (`*bold*`, `_italic_`, `~struck~`, backticks) and links, as a tree. No HTML is made here or anywhere. */

import { external } from "./links";

export type Node =
  | { kind: "text"; text: string }
  | { kind: "link"; text: string; href: string }
  | { kind: "code" | "pre"; text: string }
  | { kind: "bold" | "italic" | "strike"; inside: Node[] };

const MARKS = { "*": "bold", _: "italic", "~": "strike" } as const;
const URL_START = /https?:\/\/[^\s<>"']+/g;
/** Deeper marks are shown as they were typed. */
const DEEPEST = 4;
/** A mark that does not close within so many characters is none: a hostile text must not take long. */
const LONGEST = 2_000;

export function parse(text: string): Node[] {
  const nodes: Node[] = [];
  let rest = text;
  while (rest !== "") {
    const open = rest.indexOf("```");
    const close = open < 0 ? -1 : rest.indexOf("```", open + 3);
    if (close < 0 || close === open + 3) break;
    nodes.push(...inline(rest.slice(0, open), 0));
    nodes.push({ kind: "pre", text: rest.slice(open + 3, close).replace(/^\n|\n$/g, "") });
    rest = rest.slice(close + 3);
  }
  nodes.push(...inline(rest, 0));
  return nodes;
}

function inline(text: string, depth: number): Node[] {
  if (text === "") return [];
  const nodes: Node[] = [];
  let from = 0;
  for (const match of text.matchAll(URL_START)) {
    const raw = trimEnd(match[0]);
    const href = external(raw);
    if (!href) continue;
    nodes.push(...marked(text.slice(from, match.index), depth));
    nodes.push({ kind: "link", text: raw, href });
    from = match.index + raw.length;
  }
  nodes.push(...marked(text.slice(from), depth));
  return nodes;
}

/** A full stop or bracket after an address belongs to the sentence. */
function trimEnd(address: string): string {
  let end = address.replace(/[.,;:!?*_~]+$/, "");
  while (end.endsWith(")") && end.split(")").length > end.split("(").length)
    end = end.slice(0, -1).replace(/[.,;:!?]+$/, "");
  return end;
}

function marked(text: string, depth: number): Node[] {
  const nodes: Node[] = [];
  let plain = "";
  const flush = () => {
    if (plain !== "") nodes.push({ kind: "text", text: plain });
    plain = "";
  };
  let at = 0;
  while (at < text.length) {
    const char = text[at] ?? "";
    const end = depth < DEEPEST ? closing(text, at, char) : -1;
    if (end < 0) {
      plain += char;
      at += 1;
      continue;
    }
    flush();
    const inside = text.slice(at + 1, end);
    if (char === "`") nodes.push({ kind: "code", text: inside });
    else nodes.push({ kind: MARKS[char as keyof typeof MARKS], inside: marked(inside, depth + 1) });
    at = end + 1;
  }
  flush();
  return nodes;
}

/** Where the mark that opens at `at` closes; -1 when it is no mark. */
function closing(text: string, at: number, char: string): number {
  if (!(char in MARKS) && char !== "`") return -1;
  if (isWord(text[at - 1])) return -1;
  if (/\s/.test(text[at + 1] ?? " ") || text[at + 1] === char) return -1;
  const line = text.indexOf("\n", at);
  const limit = Math.min(line < 0 ? text.length : line, at + LONGEST);
  for (let end = text.indexOf(char, at + 2); end >= 0 && end < limit; end = text.indexOf(char, end + 1)) {
    if (!/\s/.test(text[end - 1] ?? " ") && !isWord(text[end + 1])) return end;
  }
  return -1;
}

function isWord(char: string | undefined): boolean {
  return char !== undefined && /[\p{L}\p{N}]/u.test(char);
}

/** Without marks: for lists of chats. */
export function plain(text: string): string {
  const flat = (nodes: Node[]): string =>
    nodes.map((node) => ("inside" in node ? flat(node.inside) : node.text)).join("");
  return flat(parse(text));
}
