import { describe, expect, it } from "vitest";
import { t } from "../text/en";
import { blank, fieldsOf, problems, titled, toSend } from "./schema";

const RULES = {
  type: "object",
  required: ["name"],
  properties: {
    name: { type: "string", minLength: 2, maxLength: 5, description: "Shown to people" },
    max_chats: { type: "integer", minimum: 1, maximum: 1000 },
    ratio: { type: "number", exclusiveMinimum: 0, exclusiveMaximum: 1 },
    url: { type: "string", format: "uri" },
    mode: { enum: ["a", "b"] },
    level: {
      oneOf: [
        { const: 1, title: "Low" },
        { const: 2, title: "High" },
      ],
    },
    on: { type: ["boolean", "null"] },
    hosts: { type: "array", items: { type: "string", pattern: "^[a-z.]+$" }, maxItems: 2 },
    rules: { type: "array", items: { $ref: "#/$defs/rule" } },
    nested: { type: "object", properties: { deep: { type: "integer" } } },
    odd: { anyOf: [{ type: "string" }, { type: "object" }] },
  },
  $defs: { rule: { type: "object", required: ["keyword"], properties: { keyword: { type: "string", minLength: 1 } } } },
};
const FIELDS = fieldsOf(RULES);
const wrong = (value: Record<string, unknown>) =>
  Object.fromEntries(problems(FIELDS, { name: "abc", ...value }, t.schema).map((one) => [one.path, one.text]));

describe("a form out of a schema", () => {
  it("each property is a field of its kind", () => {
    expect(Object.fromEntries(FIELDS.map((field) => [field.key, field.shape.kind]))).toEqual({
      name: "text",
      max_chats: "number",
      ratio: "number",
      url: "text",
      mode: "choice",
      level: "choice",
      on: "switch",
      hosts: "list",
      rules: "list",
      nested: "group",
      odd: "json",
    });
    expect(FIELDS[0]).toMatchObject({ title: "Name", description: "Shown to people", isRequired: true });
  });

  it("what is no schema has no fields", () => {
    for (const junk of [null, undefined, 7, "x", [], {}, { properties: 3 }]) expect(fieldsOf(junk)).toEqual([]);
  });

  it("a schema that refers to itself ends", () => {
    const tree = {
      $ref: "#/$defs/node",
      $defs: { node: { properties: { child: { $ref: "#/$defs/node" } } } },
      properties: { root: { $ref: "#/$defs/node" } },
    };
    expect(() => JSON.stringify(fieldsOf(tree))).not.toThrow();
  });

  it("names become titles", () => {
    expect(titled("max_reminder_seconds")).toBe("Max reminder seconds");
    expect(titled("spamDelayMin")).toBe("Spam delay min");
  });

  it("says what is wrong, and where", () => {
    expect(wrong({})).toEqual({});
    expect(wrong({ name: "" })).toEqual({ name: t.schema.required });
    expect(wrong({ name: "a" })).toEqual({ name: t.schema.tooShort(2) });
    expect(wrong({ name: "abcdef" })).toEqual({ name: t.schema.tooLong(5) });
    expect(wrong({ max_chats: "0" })).toEqual({ max_chats: t.schema.tooSmall(1, false) });
    expect(wrong({ max_chats: "1.5" })).toEqual({ max_chats: t.schema.notAnInteger });
    expect(wrong({ max_chats: "many" })).toEqual({ max_chats: t.schema.notANumber });
    expect(wrong({ ratio: 1 })).toEqual({ ratio: t.schema.tooLarge(1, true) });
    expect(wrong({ url: "example.com" })).toEqual({ url: t.schema.notAnAddress });
    expect(wrong({ mode: "c" })).toEqual({ mode: t.schema.notAChoice });
    expect(wrong({ hosts: ["a.b", "A"] })).toEqual({ "hosts.1": t.schema.pattern("^[a-z.]+$") });
    expect(wrong({ hosts: ["a", "b", "c"] })).toEqual({ hosts: t.schema.tooMany(2) });
    expect(wrong({ rules: [{ keyword: "x" }, {}] })).toEqual({ "rules.1.keyword": t.schema.required });
    expect(wrong({ odd: "{" })).toEqual({ odd: t.schema.notJson });
  });

  it("length counts characters, not code units", () => {
    expect(wrong({ name: "👍👍👍👍👍" })).toEqual({});
  });

  it("a pattern this browser cannot read is left to the gateway", () => {
    const fields = fieldsOf({ properties: { x: { type: "string", pattern: "(?<=a" } } });
    expect(problems(fields, { x: "anything" }, t.schema)).toEqual([]);
  });

  it("sends numbers as numbers, leaves out what is empty, keeps what it does not know", () => {
    const sent = toSend(FIELDS, {
      name: "abc",
      max_chats: "20",
      ratio: "",
      level: "2",
      on: false,
      rules: [{ keyword: "k" }],
      odd: '{"a":1}',
      unknown: 1,
      nested: { deep: "3" },
    });
    expect(sent).toEqual({
      name: "abc",
      max_chats: 20,
      level: 2,
      on: false,
      rules: [{ keyword: "k" }],
      odd: { a: 1 },
      unknown: 1,
      nested: { deep: 3 },
    });
  });

  it("a new entry starts empty", () => {
    const list = FIELDS.find((field) => field.key === "rules");
    expect(list?.shape.kind === "list" && blank(list.shape.of)).toEqual({});
  });
});
