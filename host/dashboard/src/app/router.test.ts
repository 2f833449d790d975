import { describe, expect, it } from "vitest";
import { matches } from "../live/live";
import { slugFrom, slugProblem } from "../pages/sessions/slug";
import { place, threads } from "../phone/threads";
import { t } from "../text/en";
import { parsePlace, to } from "./router";

describe("addresses within the page", () => {
  it("go there and back", () => {
    const there = to("chats", "my shop", "1@g.us");
    expect(there).toBe("#/chats/my%20shop/1@g.us");
    expect(parsePlace(`${there}?at=x%20y`)).toMatchObject({ parts: ["chats", "my shop", "1@g.us"] });
    expect(parsePlace(`${there}?at=x%20y`).query.get("at")).toBe("x y");
    expect(parsePlace("")).toMatchObject({ path: "/", parts: [] });
    expect(parsePlace("#/a/%zz")).toMatchObject({ parts: ["a", "%zz"] });
  });
});

describe("kinds of events", () => {
  it("are matched by name or by their beginning", () => {
    expect(matches("message.*", "message.received")).toBe(true);
    expect(matches("message.*", "messages")).toBe(false);
    expect(matches("*", "anything")).toBe(true);
    expect(matches("session.qr", "session.status")).toBe(false);
  });
});

describe("ids of sessions", () => {
  it("come out of names", () => {
    expect(slugFrom("Front Desk (Köln)!")).toBe("front-desk-koln");
    expect(slugFrom("李")).toBe("");
    expect(slugFrom("x".repeat(99))).toHaveLength(64);
  });

  it("follow the gateway's rule", () => {
    expect(slugProblem("shop", [])).toBeNull();
    expect(slugProblem("s", [])).toBe(t.sessions.slugShort);
    expect(slugProblem("-shop", [])).toBe(t.sessions.slugWrong);
    expect(slugProblem("Shop", [])).toBe(t.sessions.slugWrong);
    expect(slugProblem("shop", ["shop"])).toBe(t.sessions.slugTaken);
  });
});

describe("the simulated phone", () => {
  const phone = { number: "1", name: "Ann", jid: "1@s.whatsapp.net", lid: "100@lid", devices: [], undecryptable: 0 };
  const bubble = (chat: string, at: number, more = {}) => ({
    id: `${at}`,
    chat,
    fromMe: false,
    sender: chat,
    senderName: null,
    kind: "text",
    text: "x",
    at,
    ticks: null,
    isRead: false,
    file: null,
    quoted: null,
    isEdited: false,
    isRevoked: false,
    reactions: [],
    ...more,
  });

  it("both addresses of a person lead to one chat", () => {
    expect(place("100@lid", [phone])).toBe("1@s.whatsapp.net");
    const chats = threads(
      [bubble("100@lid", 1), bubble("1@s.whatsapp.net", 2, { fromMe: true, isRead: true })],
      "9",
      [phone],
      [],
    );
    expect(chats).toHaveLength(1);
    expect(chats[0]).toMatchObject({ name: "Ann", unread: 1 });
  });

  it("shows the groups it is in", () => {
    const chats = threads(
      [],
      "9",
      [phone],
      [
        { jid: "5@g.us", subject: "Market", members: ["9"] },
        { jid: "6@g.us", subject: "Other", members: ["1"] },
      ],
    );
    expect(chats.map((one) => one.name)).toEqual(["Market"]);
  });
});
