/** Requests to the gateway: cookies, the CSRF token, errors in one form. Nothing else in the page calls `fetch`. */

import { t } from "../text/en";
import { ApiError, errorFrom } from "./error";
import { record, text } from "./read";

/** Relative to the page, so that a prefix of a reverse proxy stays in front. */
const BASE = "./api";

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

export interface Options {
  body?: unknown;
  query?: Record<string, string | number | boolean | null | undefined>;
  signal?: AbortSignal | undefined;
  headers?: Record<string, string>;
}

let csrf: Promise<string> | null = null;
let onSignedOut: () => void = () => {};

/** Called when an answer says that nobody is signed in. */
export function whenSignedOut(then: () => void): void {
  onSignedOut = then;
}

/** The next write asks for a new token. */
export function forgetCsrf(): void {
  csrf = null;
}

/** The token that every write with a cookie needs. */
export function csrfToken(): Promise<string> {
  csrf ??= request("GET", `${BASE}/auth/csrf`, {})
    .then((body) => text(record(body).csrfToken))
    .catch((error) => {
      csrf = null;
      throw error;
    });
  return csrf;
}

export const get = (path: string, options: Options = {}) => call("GET", path, options);
export const post = (path: string, body?: unknown, options: Options = {}) => call("POST", path, { ...options, body });
export const put = (path: string, body?: unknown, options: Options = {}) => call("PUT", path, { ...options, body });
export const patch = (path: string, body?: unknown, options: Options = {}) => call("PATCH", path, { ...options, body });
export const remove = (path: string, body?: unknown, options: Options = {}) =>
  call("DELETE", path, { ...options, body });

/** A path of the API, each part escaped. */
export function path(strings: TemplateStringsArray, ...parts: string[]): string {
  return strings.reduce((whole, next, index) => whole + encodeURIComponent(parts[index - 1] ?? "") + next);
}

const call = (method: Method, where: string, options: Options) => send(method, `${BASE}${where}`, options);

/** To the control API of the sandbox network, which the gateway passes on. */
export const control = (method: Method, where: string, options: Options = {}) =>
  send(method, `./sandbox/control${where}`, options);

async function send(method: Method, url: string, options: Options): Promise<unknown> {
  if (method === "GET") return request(method, url, options);
  try {
    return await request(method, url, await withCsrf(options));
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 403 || !/^csrf/i.test(error.code)) throw error;
    forgetCsrf();
    return request(method, url, await withCsrf(options));
  }
}

async function withCsrf(options: Options): Promise<Options> {
  return { ...options, headers: { ...options.headers, "X-CSRF-Token": await csrfToken() } };
}

/** One request, with no token. */
async function request(method: Method, url: string, options: Options): Promise<unknown> {
  const headers = new Headers({ Accept: "application/json", ...options.headers });
  let body: BodyInit | null = null;
  if (options.body instanceof FormData) body = options.body;
  else if (options.body !== undefined) {
    headers.set("Content-Type", "application/json");
    body = JSON.stringify(options.body);
  }
  let answer: Response;
  try {
    answer = await fetch(url + queryOf(options.query), {
      method,
      headers,
      body,
      credentials: "same-origin",
      cache: "no-store",
      signal: options.signal ?? null,
    });
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw new ApiError({ status: 0, message: t.errors.unreachable, code: "unreachable" });
  }
  const content = await bodyOf(answer);
  if (answer.ok) return content;
  if (answer.status === 401) onSignedOut();
  throw errorFrom(answer.status, content, answer.headers.get("Retry-After"), t.errors.status(answer.status));
}

async function bodyOf(answer: Response): Promise<unknown> {
  const raw = await answer.text();
  if (raw === "") return null;
  try {
    return JSON.parse(raw);
  } catch {
    return answer.ok ? raw : null;
  }
}

export function queryOf(query: Options["query"]): string {
  const pairs = Object.entries(query ?? {}).filter(
    ([, value]) => value !== null && value !== undefined && value !== "",
  );
  return pairs.length === 0 ? "" : `?${new URLSearchParams(pairs.map(([name, value]) => [name, String(value)]))}`;
}

/** An upload that says how far it is: `fetch` does not. */
export async function upload(
  where: string,
  form: FormData,
  options: {
    onProgress?: (part: number) => void;
    signal?: AbortSignal;
    headers?: Record<string, string>;
    method?: Method;
  } = {},
): Promise<unknown> {
  const token = await csrfToken();
  return new Promise((resolve, reject) => {
    const xhr = new XMLHttpRequest();
    xhr.open(options.method ?? "POST", `${BASE}${where}`);
    xhr.setRequestHeader("Accept", "application/json");
    xhr.setRequestHeader("X-CSRF-Token", token);
    for (const [name, value] of Object.entries(options.headers ?? {})) xhr.setRequestHeader(name, value);
    xhr.upload.onprogress = (event) => {
      if (event.lengthComputable) options.onProgress?.(event.loaded / event.total);
    };
    xhr.onload = () => {
      let content: unknown = null;
      try {
        content = JSON.parse(xhr.responseText);
      } catch {
        // Not JSON: the status alone has to do.
      }
      if (xhr.status >= 200 && xhr.status < 300) resolve(content);
      else {
        if (xhr.status === 401) onSignedOut();
        reject(errorFrom(xhr.status, content, xhr.getResponseHeader("Retry-After"), t.errors.status(xhr.status)));
      }
    };
    xhr.onerror = () => reject(new ApiError({ status: 0, message: t.errors.unreachable, code: "unreachable" }));
    xhr.onabort = () => reject(new DOMException("Aborted", "AbortError"));
    options.signal?.addEventListener("abort", () => xhr.abort());
    xhr.send(form);
  });
}
