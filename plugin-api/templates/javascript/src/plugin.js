// What the plugin does: a route, a hook, and what the host calls. The host's functions are imported by the names of
// their WIT interfaces; world.wit lists which.

import messages from "wagate:plugin/whatsapp-messages";
import manifest from "../dist/manifest.js";
import { data, fail, getJson, guarded, hooks, router, updateJson } from "./wagate.js";

/** `[settings]` in config/plugins/hello-js.toml. A cache like all memory: `init` fills it in every instance. */
let settings = { answer: "pong from JavaScript" };

/** GET /api/hello-js/{sessionId}: how often this session has answered. */
function show(request) {
  const greetings = getJson(key(request.session)) ?? { count: 0 };
  return data("Greetings found", { count: greetings.count, answer: settings.answer });
}

/** message.received: answers "ping". */
function answerPing(event) {
  const message = JSON.parse(event.data);
  if (message.key?.fromMe || message.content?.trim().toLowerCase() !== "ping") return;

  // When this event comes a second time, the host does not send a second time ...
  messages.sendText(event.session.id, message.chat || message.from, settings.answer, []);
  // ... but it is on us not to count a second time. Events of a session come in order.
  updateJson(key(event.session), (before) =>
    before && before.sequence >= event.sequence
      ? before
      : { count: (before?.count ?? 0) + 1, sequence: event.sequence },
  );
}

/** A key that starts with the session's id is deleted together with the session. */
function key(session) {
  return `${session.id}/greetings`;
}

export const guest = {
  describe: () => manifest,

  init: guarded((config) => {
    for (const [name, value] of Object.entries(JSON.parse(config).settings ?? {})) {
      if (name !== "answer") throw fail("invalid", `[settings] ${name}: unknown; expected answer`);
      if (typeof value !== "string") throw fail("invalid", `[settings] ${name}: expected a text`);
      settings = { ...settings, [name]: value };
    }
  }),
};

export const httpRoutes = {
  handleHttp: router({
    "GET /api/hello-js/{sessionId}": show,
  }),
};

export const events = {
  onEvent: hooks({
    "message.received": answerPing,
  }),
};
