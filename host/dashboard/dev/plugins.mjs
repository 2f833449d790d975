// The plugins in the box, and the file of one as the gateway would write it.

const right = (name, reason, granted = true) => ({ name, reason, granted });
const route = (method, path) => ({ method, path });

export function bundledPlugins() {
  const base = {
    version: "0.1.0",
    state: "running",
    compiling: false,
    enabled: true,
    source: "bundled",
    sha256: "9f2c".repeat(16),
    loadedAt: new Date(Date.now() - 5 * 3_600_000).toISOString(),
    hooks: [],
    rights: [],
    routes: [],
    sessions: [],
    hosts: [],
    lastError: null,
    calls: 0,
    traps: 0,
    p50: null,
    p99: null,
    memoryBytes: 1_310_720,
    instances: 1,
    lag: [],
    settings: {},
    settingsSchema: null,
  };
  return [
    {
      ...base,
      name: "messages",
      description: "Sends messages",
      calls: 18_234,
      p50: 142,
      p99: 2_310,
      instances: 3,
      rights: [
        right("whatsapp-messages", "sends what the client asks for"),
        right("media", "uploads the files of messages"),
      ],
      routes: [
        route("POST", "/api/messages/{sessionId}/{jid}/send"),
        route("POST", "/api/messages/{sessionId}/{jid}/media"),
        route("DELETE", "/api/messages/{sessionId}/{jid}/{messageId}"),
        route("PATCH", "/api/messages/{sessionId}/{jid}/{messageId}"),
      ],
    },
    {
      ...base,
      name: "chats",
      description: "Lists chats and their messages",
      calls: 52_911,
      p50: 96,
      p99: 1_120,
      instances: 2,
      rights: [right("history", "reads the chats and messages it shows")],
      routes: [route("GET", "/api/chat/{sessionId}"), route("GET", "/api/chat/{sessionId}/{jid}")],
      settings: {},
      settingsSchema: {
        type: "object",
        additionalProperties: false,
        properties: {
          max_chats: {
            title: "Chats in the list",
            description: "How many chats the list holds at most",
            type: "integer",
            minimum: 1,
            maximum: 1000,
          },
        },
      },
    },
    {
      ...base,
      name: "autoreply",
      description: "Answers incoming messages by keyword",
      calls: 4_120,
      p50: 88,
      p99: 640,
      hooks: ["message.received"],
      lag: [{ sessionId: "shop", events: 0 }],
      rights: [
        right("store", "keeps each session's rules"),
        right("sessions", "shows the session beside each rule"),
        right("whatsapp-messages", "sends the answers"),
      ],
      routes: [
        route("GET", "/api/autoreplies/{sessionId}"),
        route("POST", "/api/autoreplies/{sessionId}"),
        route("PUT", "/api/autoreplies/{sessionId}/{replyId}"),
        route("DELETE", "/api/autoreplies/{sessionId}/{replyId}"),
      ],
      settings: { rules: [{ keyword: "address", response: "1 Example Street" }] },
      settingsSchema: {
        type: "object",
        additionalProperties: false,
        properties: {
          rules: {
            title: "Rules for every session",
            description: "Tried after the session's own rules.",
            type: "array",
            maxItems: 200,
            items: {
              type: "object",
              required: ["keyword", "response"],
              properties: {
                keyword: { type: "string", minLength: 1, maxLength: 100 },
                match_type: {
                  enum: ["EXACT", "CONTAINS", "STARTS_WITH", "REGEX"],
                  description: "EXACT when nothing is chosen",
                },
                response: { type: "string", minLength: 1, maxLength: 1000 },
                trigger_type: { enum: ["ALL", "GROUP", "PRIVATE"] },
              },
            },
          },
        },
      },
    },
    {
      ...base,
      name: "webhooks",
      description: "Posts events to other servers",
      calls: 320,
      p50: 210,
      p99: 900,
      hooks: ["*"],
      lag: [{ sessionId: "shop", events: 3 }],
      rights: [right("delivery", "hands events to the outbox"), right("store", "keeps the list of webhooks")],
      routes: [
        route("GET", "/api/webhooks/{sessionId}"),
        route("POST", "/api/webhooks/{sessionId}"),
        route("POST", "/api/webhooks/{sessionId}/{id}/test"),
      ],
    },
    {
      ...base,
      name: "scheduler",
      description: "Sends messages later",
      calls: 41,
      p50: 120,
      p99: 410,
      rights: [right("timers", "wakes up when a message is due"), right("whatsapp-messages", "sends it")],
      routes: [route("GET", "/api/scheduler/{sessionId}"), route("POST", "/api/scheduler/{sessionId}")],
    },
    {
      ...base,
      name: "sticker",
      description: "Makes stickers from pictures and videos",
      state: "disabled",
      enabled: false,
      instances: 0,
      memoryBytes: 0,
      loadedAt: null,
      rights: [
        right("media", "reads the picture and writes the sticker"),
        right("http-client", "fetches pictures by address", false),
      ],
      settings: { quality: 50, pack: "wagate" },
      settingsSchema: {
        type: "object",
        properties: {
          quality: { type: "integer", minimum: 1, maximum: 100, description: "Of the WebP, in per cent" },
          pack: { type: "string", maxLength: 60, description: "Name of the sticker pack" },
          animated: { type: "boolean", title: "Animated stickers", description: "Needs ffmpeg on the gateway's path" },
          allowed_hosts: { type: "array", items: { type: "string", pattern: "^[a-z0-9.-]+$" }, title: "Allowed hosts" },
        },
      },
    },
    {
      ...base,
      name: "greeter",
      source: "file",
      version: "1.2.0",
      description: "Greets people who write for the first time",
      calls: 12,
      traps: 2,
      p50: 310,
      p99: 4_800,
      hooks: ["message.received"],
      rights: [right("store", "remembers who was greeted"), right("history", "looks who has written before", false)],
      routes: [route("GET", "/api/greeter/{sessionId}")],
    },
  ].map((plugin) => ({ ...plugin, file: `config/plugins/${plugin.name}.toml` }));
}

export function viewOf(plugin) {
  const { p50, p99, sessions, hosts, settings, settingsSchema, file, ...rest } = plugin;
  const granted = plugin.rights.filter((one) => one.granted).map((one) => one.name);
  return { ...rest, granted, grants: { capabilities: granted, sessions, hosts }, latency: { p50Us: p50, p99Us: p99 } };
}

export const detailOf = (plugin) => ({
  ...viewOf(plugin),
  settings: plugin.settings,
  settingsSchema: plugin.settingsSchema,
  file: plugin.file,
});

export function tomlOf(plugin, settings) {
  const scalar = (value) => (Array.isArray(value) ? `[${value.map(scalar).join(", ")}]` : JSON.stringify(value));
  const isTables = (value) => Array.isArray(value) && value.some((one) => typeof one === "object");
  const plain = Object.entries(settings).filter(([, value]) => !isTables(value));
  const tables = Object.entries(settings).filter(([, value]) => isTables(value));
  return [
    `# The ${plugin.name} plugin: ${plugin.description.toLowerCase()}.`,
    "# Changes work within a second; a mistake changes nothing and is reported with its line.",
    "",
    "# Must be there. false switches the plugin off.",
    `enabled = ${plugin.enabled}`,
    "",
    "[settings]",
    ...plain.map(([key, value]) => `${key} = ${scalar(value)}`),
    ...tables.flatMap(([key, value]) =>
      value.flatMap((entry) => [
        "",
        `[[settings.${key}]]`,
        ...Object.entries(entry).map(([name, one]) => `${name} = ${scalar(one)}`),
      ]),
    ),
    "",
    "# Rights the plugin asks for and gets.",
    "[grants]",
    `capabilities = ${scalar(plugin.rights.filter((one) => one.granted).map((one) => one.name))}`,
    "",
  ].join("\n");
}
