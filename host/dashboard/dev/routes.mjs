// The table of routes, in the order they are tried.
import { adminRoutes } from "./routes/admin.mjs";
import { authRoutes } from "./routes/auth.mjs";
import { automationRoutes } from "./routes/automation.mjs";
import { chatRoutes } from "./routes/chats.mjs";
import { peopleRoutes } from "./routes/people.mjs";
import { sandboxRoutes } from "./routes/sandbox.mjs";
import { sessionRoutes } from "./routes/sessions.mjs";
import { streamRoutes } from "./routes/stream.mjs";
import { webhookRoutes } from "./routes/webhooks.mjs";

const all = [
  ...authRoutes,
  ...streamRoutes,
  ...sessionRoutes,
  ...chatRoutes,
  ...peopleRoutes,
  ...automationRoutes,
  ...webhookRoutes,
  ...adminRoutes,
  ...sandboxRoutes,
];

export const routes = all.map(([line, handler, need]) => {
  const [method, template] = line.split(" ");
  return [method, new RegExp(`^${template.replace(/\{(\w+)\}/g, "(?<$1>[^/]+)")}$`), handler, need];
});
