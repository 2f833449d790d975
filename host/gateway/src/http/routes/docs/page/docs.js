// Shows the OpenAPI document. Everything is put in as text: nothing of it can become markup or code.
"use strict";

const METHODS = ["get", "post", "put", "patch", "delete"];
const find = (id) => document.getElementById(id);
let api = null;
let csrf = null;

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

function say(text) {
  find("state").textContent = text;
}

// With the key that was typed, else with the login's cookie.
function credentials() {
  const key = find("key").value.trim();
  return key ? { "X-API-Key": key } : {};
}

async function load() {
  say("Loading ...");
  try {
    const answer = await fetch("api/docs", { headers: credentials() });
    if (!answer.ok) {
      const body = await answer.json().catch(() => ({}));
      say(`${answer.status}: ${body.message || "refused"}. Give an API key, or log in.`);
      return;
    }
    api = await answer.json();
  } catch (error) {
    say(`The gateway does not answer: ${error.message}`);
    return;
  }
  document.title = `${api.info.title} ${api.info.version}`;
  find("title").textContent = document.title;
  show();
}

function operations() {
  const all = [];
  for (const [path, methods] of Object.entries(api.paths)) {
    for (const method of METHODS) if (methods[method]) all.push({ path, method, ...methods[method] });
  }
  return all;
}

function show() {
  const words = find("filter").value.toLowerCase().split(/\s+/).filter(Boolean);
  const groups = new Map();
  let count = 0;
  for (const operation of operations()) {
    const text = `${operation.method} ${operation.path} ${operation.summary || ""} ${(operation.tags || []).join(" ")}`.toLowerCase();
    if (!words.every((word) => text.includes(word))) continue;
    count += 1;
    const tag = (operation.tags || ["Other"])[0];
    if (!groups.has(tag)) groups.set(tag, []);
    groups.get(tag).push(operation);
  }
  const main = find("operations");
  main.replaceChildren();
  for (const [tag, list] of [...groups].sort(([a], [b]) => a.localeCompare(b))) {
    main.append(make("section", {}, make("h2", {}, tag), ...list.map(entry)));
  }
  say(`${count} operations`);
}

function entry(operation) {
  const details = make("details");
  const head = make("summary", {}, make("span", { class: "method" }, operation.method.toUpperCase()), make("code", {}, operation.path), ` ${operation.summary || ""}`);
  details.append(head);
  // Filled when it is opened: there are many.
  details.addEventListener("toggle", () => {
    if (details.open && details.childElementCount === 1) fill(details, operation);
  });
  return details;
}

function fill(details, operation) {
  if (operation.description) details.append(make("p", {}, operation.description));
  const notes = [];
  if (operation["x-action"]) notes.push(`scope: ${operation["x-action"]}`);
  if (operation["x-plugin"]) notes.push(`plugin: ${operation["x-plugin"]}`);
  if (Array.isArray(operation.security) && operation.security.length === 0) notes.push("open to anybody");
  if (notes.length) details.append(make("p", { class: "note" }, notes.join(", ")));
  const inputs = new Map();
  for (const parameter of operation.parameters || []) {
    const id = `${operation.operationId}-${parameter.name}`;
    const input = make("input", { id, autocomplete: "off", spellcheck: "false" });
    inputs.set(parameter, input);
    const kind = `${parameter.in}${parameter.required ? ", required" : ""}`;
    details.append(make("div", { class: "row" }, make("label", { for: id }, `${parameter.name} (${kind})`), input));
  }
  let body = null;
  const kinds = Object.entries((operation.requestBody || {}).content || {});
  const json = kinds.find(([kind]) => kind === "application/json");
  if (json) {
    const id = `${operation.operationId}-body`;
    body = make("textarea", { id, spellcheck: "false" });
    body.value = JSON.stringify(sample(json[1].schema, 0) ?? {}, null, 2);
    details.append(make("label", { for: id }, "Body"), body, schema("What the body may hold", json[1].schema));
  } else if (kinds.length) {
    details.append(make("p", { class: "note" }, `Body: ${kinds.map(([kind]) => kind).join(", ")}`));
  }
  for (const [status, response] of Object.entries(operation.responses || {})) {
    const content = Object.entries(response.content || {});
    if (content.length) details.append(schema(`Answer ${status} (${content[0][0]})`, content[0][1].schema || {}));
  }
  const result = make("pre", { hidden: "" });
  const button = make("button", { type: "button" }, "Try it");
  button.addEventListener("click", () => attempt(operation, inputs, body, result));
  details.append(make("div", { class: "row" }, button), result);
}

function schema(title, value) {
  return make("details", {}, make("summary", {}, title), make("pre", {}, JSON.stringify(resolved(value, 0), null, 2)));
}

// References written out, a few levels deep.
function resolved(value, depth) {
  if (Array.isArray(value)) return value.map((item) => resolved(item, depth));
  if (!value || typeof value !== "object") return value;
  if (value.$ref) {
    const name = value.$ref.split("/").pop();
    return depth > 4 ? { $ref: name } : resolved(api.components.schemas[name] || {}, depth + 1);
  }
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, resolved(inner, depth)]));
}

function sample(value, depth) {
  const type = resolved(value || {}, 0);
  if (depth > 5) return null;
  if (type.const !== undefined) return type.const;
  if (type.enum) return type.enum[0];
  const kind = Array.isArray(type.type) ? type.type[0] : type.type;
  if (type.properties) return Object.fromEntries(Object.entries(type.properties).map(([key, inner]) => [key, sample(inner, depth + 1)]));
  if (kind === "array") return [sample(type.items, depth + 1)];
  return { string: "", integer: 0, number: 0, boolean: false, object: {} }[kind] ?? null;
}

async function token() {
  if (csrf === null) csrf = (await (await fetch("api/auth/csrf")).json()).csrfToken;
  return csrf;
}

async function attempt(operation, inputs, body, result) {
  let path = operation.path;
  const query = new URLSearchParams();
  const headers = credentials();
  for (const [parameter, input] of inputs) {
    const value = input.value;
    if (parameter.in === "path") path = path.replace(`{${parameter.name}}`, encodeURIComponent(value));
    else if (value !== "" && parameter.in === "query") query.set(parameter.name, value);
    else if (value !== "" && parameter.in === "header") headers[parameter.name] = value;
  }
  const options = { method: operation.method.toUpperCase(), headers };
  result.hidden = false;
  result.textContent = "...";
  try {
    if (options.method !== "GET" && !headers["X-API-Key"]) headers["X-CSRF-Token"] = await token();
    if (body && options.method !== "GET") {
      headers["Content-Type"] = "application/json";
      options.body = body.value;
    }
    const search = query.toString();
    const answer = await fetch(path.replace(/^\//, "") + (search ? `?${search}` : ""), options);
    const text = await answer.text();
    let shown = text;
    try {
      shown = JSON.stringify(JSON.parse(text), null, 2);
    } catch {
      // Not JSON: as it is.
    }
    result.textContent = `${answer.status} ${answer.statusText}\n${shown.slice(0, 100000)}`;
  } catch (error) {
    result.textContent = error.message;
  }
}

find("open").addEventListener("submit", (event) => {
  event.preventDefault();
  load();
});
find("filter").addEventListener("input", () => {
  if (api) show();
});
load();
