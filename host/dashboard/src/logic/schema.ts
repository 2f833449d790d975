/** A JSON Schema as fields of a form: what to draw, what is wrong with a value, what to send. */

import { isRecord, type Json, texts } from "../api/read";

export interface Field {
  key: string;
  title: string;
  description: string;
  isRequired: boolean;
  shape: Shape;
}

export type Shape =
  | {
      kind: "text";
      min: number;
      max: number | null;
      pattern: string | null;
      format: string | null;
      isLong: boolean;
      isSecret: boolean;
    }
  | { kind: "choice"; options: Choice[] }
  | {
      kind: "number";
      isInteger: boolean;
      min: number | null;
      max: number | null;
      minIsOpen: boolean;
      maxIsOpen: boolean;
    }
  | { kind: "switch" }
  | { kind: "group"; fields: Field[] }
  | { kind: "list"; of: Shape; min: number; max: number | null }
  /** What no field can show: edited as JSON. */
  | { kind: "json" };

export interface Choice {
  value: string | number;
  label: string;
}

export interface Problem {
  /** `rules.2.keyword` */
  path: string;
  text: string;
}

/** Words of a problem; given from outside, because texts live in one file. */
export interface Words {
  required: string;
  notANumber: string;
  notAnInteger: string;
  tooShort: (min: number) => string;
  tooLong: (max: number) => string;
  tooSmall: (min: number, open: boolean) => string;
  tooLarge: (max: number, open: boolean) => string;
  pattern: (pattern: string) => string;
  notAnAddress: string;
  notAnEmail: string;
  notAChoice: string;
  tooFew: (min: number) => string;
  tooMany: (max: number) => string;
  notJson: string;
}

export function fieldsOf(schema: unknown): Field[] {
  const root = isRecord(schema) ? schema : {};
  return fields(root, root, 0);
}

const DEEPEST = 6;

function fields(schema: Json, root: Json, depth: number): Field[] {
  const required = texts(schema.required);
  const properties = isRecord(schema.properties) ? schema.properties : {};
  return Object.entries(properties).map(([key, raw]) => {
    const own = resolved(raw, root);
    return {
      key,
      title: typeof own.title === "string" ? own.title : titled(key),
      description: typeof own.description === "string" ? own.description : "",
      isRequired: required.includes(key),
      shape: shape(own, root, depth),
    };
  });
}

function resolved(raw: unknown, root: Json): Json {
  const own = isRecord(raw) ? raw : {};
  const reference = typeof own.$ref === "string" ? /^#\/(\$defs|definitions)\/([^/]+)$/.exec(own.$ref) : null;
  if (!reference) return own;
  const definitions = root[reference[1] ?? ""];
  const found = isRecord(definitions) ? definitions[reference[2] ?? ""] : null;
  return isRecord(found) ? { ...found, ...own } : own;
}

function shape(schema: Json, root: Json, depth: number): Shape {
  if (depth > DEEPEST) return { kind: "json" };
  const options = choices(schema);
  if (options) return { kind: "choice", options };
  switch (typeOf(schema)) {
    case "string":
      return {
        kind: "text",
        min: amount(schema.minLength) ?? 0,
        max: amount(schema.maxLength),
        pattern: typeof schema.pattern === "string" ? schema.pattern : null,
        format: typeof schema.format === "string" ? schema.format : null,
        isLong: schema.format === "multiline" || (amount(schema.maxLength) ?? 0) > 200,
        isSecret: schema.format === "password" || schema.writeOnly === true,
      };
    case "integer":
    case "number":
      return {
        kind: "number",
        isInteger: typeOf(schema) === "integer",
        min: amount(schema.minimum) ?? amount(schema.exclusiveMinimum),
        max: amount(schema.maximum) ?? amount(schema.exclusiveMaximum),
        minIsOpen: amount(schema.minimum) === null && amount(schema.exclusiveMinimum) !== null,
        maxIsOpen: amount(schema.maximum) === null && amount(schema.exclusiveMaximum) !== null,
      };
    case "boolean":
      return { kind: "switch" };
    case "object": {
      const inner = fields(schema, root, depth + 1);
      return inner.length > 0 ? { kind: "group", fields: inner } : { kind: "json" };
    }
    case "array": {
      const of = shape(resolved(schema.items, root), root, depth + 1);
      const isPlain = of.kind !== "list" && of.kind !== "json";
      return isPlain
        ? { kind: "list", of, min: amount(schema.minItems) ?? 0, max: amount(schema.maxItems) }
        : { kind: "json" };
    }
    default:
      return { kind: "json" };
  }
}

/** The one type beside `null`. */
function typeOf(schema: Json): string | null {
  if (typeof schema.type === "string") return schema.type;
  const types = texts(schema.type).filter((type) => type !== "null");
  if (types.length === 1) return types[0] ?? null;
  return isRecord(schema.properties) ? "object" : null;
}

function choices(schema: Json): Choice[] | null {
  const isValue = (value: unknown): value is string | number => typeof value === "string" || typeof value === "number";
  if (Array.isArray(schema.enum)) {
    const values = schema.enum.filter(isValue);
    return values.length === 0 ? null : values.map((value) => ({ value, label: String(value) }));
  }
  if (!Array.isArray(schema.oneOf)) return null;
  const named = schema.oneOf.filter(isRecord).filter((one) => isValue(one.const));
  if (named.length === 0 || named.length !== schema.oneOf.length) return null;
  return named.map((one) => ({
    value: one.const as string | number,
    label: typeof one.title === "string" ? one.title : String(one.const),
  }));
}

function amount(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

/** `max_reminder_seconds` as `Max reminder seconds`. */
export function titled(key: string): string {
  const words = key
    .replace(/([a-z\d])([A-Z])/g, "$1 $2")
    .replace(/[_-]+/g, " ")
    .trim()
    .toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** What a new entry of a list starts with. */
export function blank(of: Shape): unknown {
  switch (of.kind) {
    case "switch":
      return false;
    case "group":
      return {};
    case "list":
      return [];
    case "choice":
      return of.options[0]?.value ?? "";
    default:
      return "";
  }
}

/** What is wrong with a value, as the person typed it. */
export function problems(of: Field[], value: unknown, words: Words, path = ""): Problem[] {
  const given = isRecord(value) ? value : {};
  return of.flatMap((field) => {
    const own = given[field.key];
    const where = path === "" ? field.key : `${path}.${field.key}`;
    if (isUnset(own)) return field.isRequired ? [{ path: where, text: words.required }] : [];
    return wrong(field.shape, own, words, where);
  });
}

function isUnset(value: unknown): boolean {
  return value === undefined || value === null || value === "";
}

function wrong(shape: Shape, value: unknown, words: Words, path: string): Problem[] {
  const one = (text: string | null | undefined | false): Problem[] => (text ? [{ path, text }] : []);
  switch (shape.kind) {
    case "text":
      return one(wrongText(shape, String(value), words));
    case "number":
      return one(wrongNumber(shape, value, words));
    case "choice":
      return one(!shape.options.some((option) => String(option.value) === String(value)) && words.notAChoice);
    case "switch":
      return [];
    case "group":
      return problems(shape.fields, value, words, path);
    case "list": {
      const entries = Array.isArray(value) ? value : [];
      const size =
        entries.length < shape.min
          ? words.tooFew(shape.min)
          : shape.max !== null && entries.length > shape.max && words.tooMany(shape.max);
      const inner = entries.flatMap((entry, index) =>
        isUnset(entry)
          ? [{ path: `${path}.${index}`, text: words.required }]
          : wrong(shape.of, entry, words, `${path}.${index}`),
      );
      return [...one(size), ...inner];
    }
    case "json":
      return one(typeof value === "string" && !isJson(value) && words.notJson);
  }
}

function wrongText(shape: Extract<Shape, { kind: "text" }>, value: string, words: Words): string | null {
  const length = [...value].length;
  if (length < shape.min) return words.tooShort(shape.min);
  if (shape.max !== null && length > shape.max) return words.tooLong(shape.max);
  if (shape.pattern !== null && !matches(shape.pattern, value)) return words.pattern(shape.pattern);
  if ((shape.format === "uri" || shape.format === "url") && !URL.canParse(value)) return words.notAnAddress;
  if (shape.format === "email" && !/^[^\s@]+@[^\s@]+$/.test(value)) return words.notAnEmail;
  return null;
}

/** A pattern that this browser cannot read, or a text too long to try it on, is left to the gateway. */
function matches(pattern: string, value: string): boolean {
  if (value.length > 2_000) return true;
  try {
    return new RegExp(pattern, "u").test(value);
  } catch {
    return true;
  }
}

function wrongNumber(shape: Extract<Shape, { kind: "number" }>, value: unknown, words: Words): string | null {
  const parsed = typeof value === "number" ? value : Number(String(value).trim());
  if (!Number.isFinite(parsed)) return words.notANumber;
  if (shape.isInteger && !Number.isInteger(parsed)) return words.notAnInteger;
  if (shape.min !== null && (shape.minIsOpen ? parsed <= shape.min : parsed < shape.min))
    return words.tooSmall(shape.min, shape.minIsOpen);
  if (shape.max !== null && (shape.maxIsOpen ? parsed >= shape.max : parsed > shape.max))
    return words.tooLarge(shape.max, shape.maxIsOpen);
  return null;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** What to send: numbers as numbers, JSON as JSON, and nothing that was left empty. Keys that the schema does not name are kept. */
export function toSend(of: Field[], value: unknown): Json {
  const given = isRecord(value) ? value : {};
  const sent: Json = { ...given };
  for (const field of of) {
    const own = given[field.key];
    if (isUnset(own)) delete sent[field.key];
    else sent[field.key] = converted(field.shape, own);
  }
  return sent;
}

function converted(shape: Shape, value: unknown): unknown {
  switch (shape.kind) {
    case "number":
      return typeof value === "number" ? value : Number(String(value).trim());
    case "choice":
      return shape.options.find((option) => String(option.value) === String(value))?.value ?? value;
    case "group":
      return toSend(shape.fields, value);
    case "list":
      return Array.isArray(value) ? value.map((entry) => converted(shape.of, entry)) : [];
    case "json":
      return typeof value === "string" ? JSON.parse(value) : value;
    default:
      return value;
  }
}
