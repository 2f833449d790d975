import { describe, expect, it } from "vitest";
import { message } from "../api/chats";
import { order, select, withMessage, withStatus } from "./chat-list";
import { counted, further, merge, patched, reused, rows } from "./thread";

const at = (n: number, more: Record<string, unknown> = {}) =>
  message({
    keyId: `m${n}`,
    remoteJid: "1@s.whatsapp.net",
    timestamp: new Date(1_700_000_000_000 + n * 1000).toISOString(),
    content: `text ${n}`,
    status: "SENT",
    ...more,
  });

describe("the messages of a chat", () => {
  it("pages overlap without doubles, and the newer page is the truth", () => {
    const merged = merge([at(1), at(2), at(3)], [at(3, { content: "edited" }), at(4)]);
    expect(merged.map((one) => one.key)).toEqual(["m1", "m2", "m3", "m4"]);
    expect(merged[2]?.content).toBe("edited");
  });

  it("what did not change stays the same object", () => {
    const before = [at(1), at(2)];
    const after = reused(before, [at(1), at(2, { content: "edited" }), at(3)]);
    expect(after[0]).toBe(before[0]);
    expect(after[1]?.content).toBe("edited");
    expect(after).toHaveLength(3);
  });

  it("a status never goes backwards", () => {
    expect(further("READ", "DELIVERED")).toBe("READ");
    expect(further("SENT", "READ")).toBe("READ");
    expect(further("PENDING", "FAILED")).toBe("FAILED");
  });

  it("events change the message they are about", () => {
    const list = [at(1), at(2)];
    expect(patched(list, "message.status", { keyId: "m2", status: "READ" })[1]?.ticks).toBe("READ");
    expect(patched(list, "message.edited", { keyId: "m1", newContent: "new" })[0]).toMatchObject({ content: "new" });
    expect(patched(list, "message.deleted", { key: { id: "m1" } })[0]?.deletedAt).not.toBeNull();
    expect(patched(list, "message.status", { keyId: "other", status: "READ" })).toBe(list);
  });

  it("runs by one person belong together, days apart do not", () => {
    const [first, second, third] = rows([at(0), at(10), at(86_400)]);
    expect([first?.day, first?.first, first?.last]).toEqual([true, true, false]);
    expect([second?.first, second?.last]).toEqual([false, true]);
    expect(third?.day).toBe(true);
  });

  it("reactions are counted", () => {
    const one = at(1, {
      reactions: JSON.stringify([
        { emoji: "👍", sender: "a" },
        { emoji: "👍", fromMe: true },
        { emoji: "❤️" },
        { nothing: 1 },
      ]),
    });
    expect(counted(one)).toEqual([
      { emoji: "👍", count: 2, mine: true },
      { emoji: "❤️", count: 1, mine: false },
    ]);
  });

  it("rows from strangers have a shape or are empty", () => {
    expect(message({})).toMatchObject({ key: "", type: "TEXT", ticks: "PENDING", reactions: [], at: 0 });
    expect(message({ keyId: 7, type: { a: 1 }, reactions: "{", timestamp: "never", mediaUrl: [] })).toMatchObject({
      key: "7",
      type: "TEXT",
      mediaUrl: null,
    });
  });
});

describe("the list of chats", () => {
  const chat = (jid: string, when: number, more = {}) => ({
    jid,
    name: jid,
    picture: null,
    last: { content: "x", at: when, type: "TEXT", fromMe: false, ticks: null },
    unread: 0,
    isArchived: false,
    isPinned: false,
    mutedUntil: null,
    ...more,
  });
  const list = [chat("1@s.whatsapp.net", 300), chat("2@s.whatsapp.net", 200), chat("3@g.us", 100)];

  it("a message brings its chat to the top and counts", () => {
    const next = withMessage(
      list,
      { key: { remoteJid: "2@c.us" }, content: "hi", messageTimestamp: 1_700_000_000, type: "TEXT" },
      { fromMe: false, isOpen: false },
    );
    expect(next?.[0]).toMatchObject({ jid: "2@s.whatsapp.net", unread: 1, last: { content: "hi" } });
    expect(withMessage(list, { from: "9@s.whatsapp.net" }, { fromMe: false, isOpen: false })).toBeNull();
  });

  it("own messages count for nothing", () => {
    const next = withMessage(
      list,
      { from: "3@g.us", content: "x", messageTimestamp: 1_700_000_000 },
      { fromMe: true, isOpen: false },
    );
    expect(next?.[0]).toMatchObject({ jid: "3@g.us", unread: 0 });
    expect(withStatus(next ?? [], { remoteJid: "3@g.us", status: "READ" })[0]?.last?.ticks).toBe("READ");
  });

  it("pinned chats stay on top; filters and search", () => {
    const all = order([
      ...list,
      chat("4@s.whatsapp.net", 1, { isPinned: true, unread: 2 }),
      chat("5@s.whatsapp.net", 999, { isArchived: true, name: "Old Friend" }),
    ]);
    expect(all[0]?.jid).toBe("4@s.whatsapp.net");
    expect(select(all, "all", "").map((one) => one.jid)).not.toContain("5@s.whatsapp.net");
    expect(select(all, "archived", "")).toHaveLength(1);
    expect(select(all, "unread", "")).toHaveLength(1);
    expect(select(all, "groups", "")).toHaveLength(1);
    expect(select(all, "all", "old fr")).toHaveLength(1);
  });
});
