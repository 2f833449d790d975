/** Reading what came over the wire: nothing is believed to have a shape before it was looked at. */

export type Json = Record<string, unknown>;

export function isRecord(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function record(value: unknown): Json {
  return isRecord(value) ? value : {};
}

export function text(value: unknown, otherwise = ""): string {
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "bigint" ? String(value) : otherwise;
}

export function textOrNull(value: unknown): string | null {
  const found = text(value);
  return found === "" ? null : found;
}

export function number(value: unknown, otherwise = 0): number {
  const found = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return typeof found === "number" && Number.isFinite(found) ? found : otherwise;
}

export function numberOrNull(value: unknown): number | null {
  const found = number(value, Number.NaN);
  return Number.isNaN(found) ? null : found;
}

export function flag(value: unknown, otherwise = false): boolean {
  return typeof value === "boolean" ? value : otherwise;
}

export function oneOf<T extends string>(value: unknown, allowed: readonly T[], otherwise: T): T {
  return allowed.find((one) => one === value) ?? otherwise;
}

/** Milliseconds since 1970, from an ISO date, seconds or milliseconds. */
export function time(value: unknown): number | null {
  if (typeof value === "string" && /[T-]/.test(value)) {
    const parsed = Date.parse(value);
    return Number.isNaN(parsed) ? null : parsed;
  }
  const found = numberOrNull(value);
  // Below this, seconds: 1e11 ms is 1973, 1e11 s is the year 5138.
  return found === null || found <= 0 ? null : found < 1e11 ? found * 1000 : found;
}

export function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === "string") : [];
}

/** A list, bare or in an envelope, each entry read by `each`. Entries that are no objects are left out. */
export function list<T>(body: unknown, each: (entry: Json) => T, name?: string): T[] {
  const data = isRecord(body) ? (body.data ?? body) : body;
  const rows = name && isRecord(data) ? (data[name] ?? record(body)[name]) : data;
  return Array.isArray(rows) ? rows.filter(isRecord).map(each) : [];
}

/** The object in an envelope, or the bare one. */
export function item<T>(body: unknown, each: (entry: Json) => T, name?: string): T {
  const outer = record(body);
  const data = isRecord(outer.data) ? outer.data : outer;
  return each(name && isRecord(data[name]) ? data[name] : data);
}

/** JSON that may have come as text. */
export function nested(value: unknown): unknown {
  if (typeof value !== "string") return value;
  try {
    return JSON.parse(value);
  } catch {
    return null;
  }
}
