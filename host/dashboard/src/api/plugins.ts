/** Plugins: what they are, may do, and do. */

import { get, path, post, put } from "./http";
import {
  flag,
  isRecord,
  item,
  type Json,
  list,
  number,
  numberOrNull,
  record,
  text,
  textOrNull,
  texts,
  time,
} from "./read";

export interface Plugin {
  name: string;
  description: string;
  version: string | null;
  state: string;
  /** A newer version is on its way; what serves goes on meanwhile. */
  isCompiling: boolean;
  isEnabled: boolean;
  source: string;
  sha256: string | null;
  loadedAt: number | null;
  routes: { method: string; path: string }[];
  hooks: string[];
  rights: { name: string; reason: string; isGranted: boolean }[];
  sessions: string[];
  hosts: string[];
  lastError: { message: string; file: string | null; line: number | null; column: number | null } | null;
  calls: number;
  traps: number;
  p50Us: number | null;
  p99Us: number | null;
  memoryBytes: number;
  instances: number;
  lag: { session: string; events: number }[];
}

export interface PluginDetail extends Plugin {
  settingsSchema: Json | null;
  settings: Json;
  file: string | null;
}

function plugin(row: Json): Plugin {
  const latency = record(row.latency);
  const grants = record(row.grants);
  const error = isRecord(row.lastError) ? row.lastError : null;
  return {
    name: text(row.name) || text(row.id),
    description: text(row.description),
    version: textOrNull(row.version),
    state: text(row.state, "unknown"),
    isCompiling: flag(row.compiling),
    isEnabled: flag(row.enabled),
    source: text(row.source),
    sha256: textOrNull(row.sha256),
    loadedAt: time(row.loadedAt),
    routes: list(row.routes ?? [], (route) => ({ method: text(route.method), path: text(route.path) })),
    hooks: texts(row.hooks),
    rights: list(row.rights ?? [], (right) => ({
      name: text(right.name),
      reason: text(right.reason),
      isGranted: flag(right.granted),
    })),
    sessions: texts(grants.sessions),
    hosts: texts(grants.hosts),
    lastError: error && {
      message: text(error.message),
      file: textOrNull(error.file),
      line: numberOrNull(error.line),
      column: numberOrNull(error.column),
    },
    calls: number(row.calls),
    traps: number(row.traps),
    p50Us: numberOrNull(latency.p50Us),
    p99Us: numberOrNull(latency.p99Us),
    memoryBytes: number(row.memoryBytes),
    instances: number(row.instances),
    lag: list(row.lag ?? [], (one) => ({ session: text(one.sessionId), events: number(one.events) })),
  };
}

export async function fetchPlugins(signal?: AbortSignal): Promise<Plugin[]> {
  return list(await get("/plugins", { signal }), plugin);
}

export async function fetchPlugin(name: string, signal?: AbortSignal): Promise<PluginDetail> {
  return item(await get(path`/plugins/${name}`, { signal }), (row) => ({
    ...plugin(row),
    settingsSchema: isRecord(row.settingsSchema) ? row.settingsSchema : null,
    settings: record(row.settings),
    file: textOrNull(row.file),
  }));
}

export type Switch = "enable" | "disable" | "reload";

/** The gateway's words: a file may have been switched, and the plugin refused all the same. */
export async function switchPlugin(name: string, what: Switch): Promise<{ message: string; hasError: boolean }> {
  const body = record(await post(path`/plugins/${name}/${what}`, {}));
  return { message: text(body.message), hasError: isRecord(record(body.data).lastError) };
}

/** The file as it would be, or is now. */
export async function writeSettings(name: string, settings: Json, dryRun: boolean): Promise<string> {
  return item(await put(path`/plugins/${name}/settings`, { settings, dryRun }), (data) => text(data.toml));
}
