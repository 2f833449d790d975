/** Numbers, times and names as people read them. */

import { LOCALE, t } from "../text/en";

const relative = new Intl.RelativeTimeFormat(LOCALE, { numeric: "auto", style: "short" });
const clock = new Intl.DateTimeFormat(LOCALE, { hour: "2-digit", minute: "2-digit", hour12: false });
const dayAndMonth = new Intl.DateTimeFormat(LOCALE, { day: "numeric", month: "short" });
const weekday = new Intl.DateTimeFormat(LOCALE, { weekday: "short" });
const longDay = new Intl.DateTimeFormat(LOCALE, { weekday: "long", day: "numeric", month: "long" });
const longDayAndYear = new Intl.DateTimeFormat(LOCALE, { day: "numeric", month: "long", year: "numeric" });
const dayAndYear = new Intl.DateTimeFormat(LOCALE, { day: "numeric", month: "short", year: "numeric" });
const full = new Intl.DateTimeFormat(LOCALE, { dateStyle: "medium", timeStyle: "medium", hour12: false });
const plain = new Intl.NumberFormat(LOCALE);

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export const count = (value: number): string => plain.format(value);

/** 1,234 as `1.2k`: where there is room for four characters. */
export function short(value: number): string {
  if (value < 1_000) return String(Math.round(value));
  const units: [number, string][] = [
    [1e9, "G"],
    [1e6, "M"],
    [1e3, "k"],
  ];
  const [size, unit] = units.find(([size]) => value >= size) ?? [1, ""];
  const scaled = value / size;
  return `${scaled < 10 ? Math.floor(scaled * 10) / 10 : Math.floor(scaled)}${unit}`;
}

export function bytes(value: number): string {
  const units = ["B", "KB", "MB", "GB", "TB"];
  let scaled = Math.max(0, value);
  let unit = 0;
  while (scaled >= 1000 && unit < units.length - 1) {
    scaled /= 1000;
    unit += 1;
  }
  return `${unit === 0 || scaled >= 100 ? Math.round(scaled) : scaled.toFixed(1)} ${units[unit]}`;
}

/** Seconds as `3 d 4 h`, two units at most. */
export function duration(seconds: number): string {
  const parts: [number, string][] = [
    [86_400, t.time.days],
    [3_600, t.time.hours],
    [60, t.time.minutes],
    [1, t.time.seconds],
  ];
  let rest = Math.max(0, Math.floor(seconds));
  const shown: string[] = [];
  for (const [size, unit] of parts) {
    const whole = Math.floor(rest / size);
    rest -= whole * size;
    if (whole > 0) shown.push(`${whole} ${unit}`);
    if (shown.length === 2 || (shown.length === 1 && whole === 0)) break;
  }
  return shown.join(" ") || `0 ${t.time.seconds}`;
}

/** Microseconds as `120 µs`, `1.2 ms`, `3 s`. */
export function micros(value: number | null): string {
  if (value === null) return "–";
  if (value < 1_000) return `${Math.round(value)} µs`;
  if (value < 1_000_000) return `${trimmed(value / 1_000)} ms`;
  return `${trimmed(value / 1_000_000)} s`;
}

function trimmed(value: number): string {
  return value < 10 ? value.toFixed(1).replace(/\.0$/, "") : String(Math.round(value));
}

export const atClock = (ms: number): string => clock.format(ms);
export const atFull = (ms: number): string => full.format(ms);

/** `3 min. ago`, `in 2 hr.`; a date when it is further away than a week. */
export function ago(ms: number, now: number): string {
  const away = ms - now;
  const size = Math.abs(away);
  if (size < 45_000) return away > 0 ? t.time.inAMoment : t.time.justNow;
  if (size < HOUR) return relative.format(Math.round(away / MINUTE), "minute");
  if (size < DAY) return relative.format(Math.round(away / HOUR), "hour");
  if (size < 7 * DAY) return relative.format(Math.round(away / DAY), "day");
  return isSameYear(ms, now) ? dayAndMonth.format(ms) : dayAndYear.format(ms);
}

/** For lists of chats: the time today, the weekday this week, else the date. */
export function stamp(ms: number, now: number): string {
  const days = daysBetween(ms, now);
  if (days === 0) return clock.format(ms);
  if (days > 0 && days < 7) return weekday.format(ms);
  return isSameYear(ms, now) ? dayAndMonth.format(ms) : new Date(ms).toISOString().slice(0, 10);
}

/** For the line between the messages of two days. */
export function dayLine(ms: number, now: number): string {
  const days = daysBetween(ms, now);
  if (days === 0) return t.time.today;
  if (days === 1) return t.time.yesterday;
  return isSameYear(ms, now) ? longDay.format(ms) : longDayAndYear.format(ms);
}

export const dayKey = (ms: number): string => new Date(ms).toDateString();

function daysBetween(ms: number, now: number): number {
  const start = (value: number) => new Date(value).setHours(0, 0, 0, 0);
  return Math.round((start(now) - start(ms)) / DAY);
}

function isSameYear(a: number, b: number): boolean {
  return new Date(a).getFullYear() === new Date(b).getFullYear();
}

/** What `<input type="datetime-local">` wants, in the browser's time zone. */
export function localInput(ms: number): string {
  const date = new Date(ms);
  return new Date(ms - date.getTimezoneOffset() * MINUTE).toISOString().slice(0, 16);
}

export function percent(part: number, whole: number): number {
  return whole <= 0 ? 0 : Math.max(0, Math.min(100, Math.round((part / whole) * 100)));
}

/** Two letters for a picture that is not there. */
export function initials(name: string): string {
  const words = name
    .replace(/[^\p{L}\p{N}\s]/gu, "")
    .trim()
    .split(/\s+/)
    .filter(Boolean);
  const first = [...(words[0] ?? "")][0] ?? "";
  const second = words.length > 1 ? ([...(words.at(-1) ?? "")][0] ?? "") : "";
  return (first + second).toUpperCase() || "#";
}

/** One of `many`, always the same for a text. */
export function pick(name: string, many: number): number {
  let hash = 7;
  for (const char of name) hash = (hash * 31 + (char.codePointAt(0) ?? 0)) >>> 0;
  return hash % many;
}
