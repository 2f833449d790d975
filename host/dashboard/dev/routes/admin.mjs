// Users, keys, notes, plugins, the system.
import { randomBytes } from "node:crypto";
import { created, HttpError, ok, wrong } from "../http.mjs";
import { detailOf, tomlOf, viewOf } from "../plugins.mjs";
import { addUser } from "../seeds.mjs";
import { iso, newId } from "../world.mjs";

const pluginOf = ({ world, params }) => {
  const found = world.plugins.find((one) => one.name === params.name);
  if (!found) throw new HttpError(404, "Plugin not found", "plugin_not_found");
  return found;
};

const userView = (world, user) => ({
  id: user.id,
  name: user.name,
  email: user.email,
  role: user.role,
  createdAt: user.createdAt,
  _count: { sessions: world.sessions.filter((one) => one.userId === user.id).length },
});
const keyView = ({ secret, userId, ...key }) => key;

const switched = (context, enabled) => {
  const plugin = pluginOf(context);
  plugin.enabled = enabled;
  plugin.state = enabled ? "running" : "disabled";
  plugin.instances = enabled ? 1 : 0;
  context.world.act(context.user, enabled ? "plugin.enable" : "plugin.disable", plugin.name);
  context.world.emit("plugin.changed", null, { name: plugin.name, state: plugin.state });
  return ok(enabled ? "Plugin enabled successfully" : "Plugin disabled successfully", viewOf(plugin));
};

const wave = (period, low, high) => low + ((Math.sin(Date.now() / period) + 1) / 2) * (high - low);

export const adminRoutes = [
  ["GET /api/plugins", ({ world }) => ok("ok", world.plugins.map(viewOf)), "admin"],
  ["GET /api/plugins/{name}", (context) => ok("ok", detailOf(pluginOf(context))), "admin"],
  ["POST /api/plugins/{name}/enable", (context) => switched(context, true), "admin"],
  ["POST /api/plugins/{name}/disable", (context) => switched(context, false), "admin"],
  [
    "POST /api/plugins/{name}/reload",
    (context) => {
      const plugin = pluginOf(context);
      plugin.loadedAt = iso(Date.now());
      return ok(
        plugin.lastError ? "Plugin not reloaded: see lastError" : "Plugin reloaded successfully",
        viewOf(plugin),
      );
    },
    "admin",
  ],
  [
    "PUT /api/plugins/{name}/settings",
    (context) => {
      const plugin = pluginOf(context);
      const { settings, dryRun } = context.body;
      if (JSON.stringify(settings).includes("refuse me"))
        throw new HttpError(400, "settings.pack: this name is taken", "invalid", { field: "pack", line: 9, column: 8 });
      const toml = tomlOf(plugin, settings);
      if (!dryRun) plugin.settings = settings;
      return ok("ok", { toml, applied: !dryRun });
    },
    "admin",
  ],
  ["GET /api/users", ({ world }) => world.users.map((one) => userView(world, one)), "admin"],
  [
    "POST /api/users",
    ({ world, user, body }) => {
      if (world.users.some((one) => one.email === body.email))
        throw new HttpError(400, "Email already exists", "conflict", { field: "email" });
      if ((body.password ?? "").length < 12) throw wrong("password", "must have 12 characters or more");
      const made = addUser(world, body.name, body.email, body.role, body.password);
      world.act(user, "user.create", body.email, { role: body.role });
      return created("User created", userView(world, made));
    },
    "admin",
  ],
  [
    "PATCH /api/users/{id}",
    ({ world, params, body }) => {
      const found = world.users.find((one) => one.id === params.id);
      if (!found) throw new HttpError(404, "User not found", "not_found");
      const admins = world.users.filter((one) => one.role === "SUPERADMIN");
      if (found.role === "SUPERADMIN" && body.role !== "SUPERADMIN" && admins.length === 1)
        throw new HttpError(409, "role: the last administrator stays one", "conflict", { field: "role" });
      Object.assign(found, body);
      return ok("User updated", userView(world, found));
    },
    "admin",
  ],
  [
    "DELETE /api/users/{id}",
    ({ world, params, user }) => {
      if (params.id === user.id) throw new HttpError(400, "Cannot delete yourself");
      world.users = world.users.filter((one) => one.id !== params.id);
      world.sessions = world.sessions.filter((one) => one.userId !== params.id);
      return ok("User deleted successfully", null);
    },
    "admin",
  ],
  [
    "PATCH /api/user",
    ({ user, body }) => {
      if (body.password && body.currentPassword !== user.password)
        throw new HttpError(400, "currentPassword is not your password", "wrong_password");
      if (body.name) user.name = body.name;
      if (body.password) user.password = body.password;
      return ok("User updated successfully", { id: user.id, name: user.name, email: user.email, role: user.role });
    },
  ],
  [
    "GET /api/user/api-keys",
    ({ world, user }) => ok("ok", world.keys.filter((one) => one.userId === user.id).map(keyView)),
  ],
  [
    "POST /api/user/api-keys",
    ({ world, user, body }) => {
      if (!body.name) throw wrong("name", "is missing");
      const secret = `wag_${randomBytes(24).toString("base64").replace(/[+/=]/g, "").slice(0, 30)}_4fK2aa`;
      const key = {
        id: newId(),
        userId: user.id,
        name: body.name,
        prefix: secret.slice(0, 8),
        last4: secret.slice(-4),
        scopes: body.scopes ?? ["read", "send"],
        sessions: body.sessions ?? null,
        expiresAt: body.expiresAt ?? null,
        lastUsedAt: null,
        createdAt: iso(Date.now()),
        secret,
      };
      world.keys.unshift(key);
      world.act(user, "key.create", key.name, { scopes: key.scopes });
      return created("API key created", { ...keyView(key), key: secret });
    },
  ],
  [
    "DELETE /api/user/api-keys/{id}",
    ({ world, params }) => {
      world.keys = world.keys.filter((one) => one.id !== params.id);
      return ok("API key revoked", null);
    },
  ],
  ["GET /api/notifications", ({ world, user }) => world.notes.filter((one) => one.userId === user.id).slice(0, 50)],
  [
    "POST /api/notifications",
    ({ world, body }) => {
      const to = body.broadcast ? world.users : world.users.filter((one) => one.id === body.targetUserId);
      for (const one of to) world.note(one.id, body.title, body.message, body.type ?? "INFO", body.href ?? null);
      return ok("ok", { count: to.length });
    },
    "admin",
  ],
  [
    "PATCH /api/notifications/read",
    ({ world, user, body }) => {
      for (const one of world.notes)
        if (one.userId === user.id && (!body.ids?.length || body.ids.includes(one.id))) one.read = true;
      return ok("Notifications marked as read", null);
    },
  ],
  [
    "DELETE /api/notifications/delete",
    ({ world, user, query }) => {
      world.notes = world.notes.filter((one) => one.id !== query.get("id") || one.userId !== user.id);
      return ok("Notification deleted", null);
    },
  ],
  ["GET /api/settings/system", ({ world }) => ok("ok", world.system)],
  [
    "POST /api/settings/system",
    ({ world, user, body }) => {
      Object.assign(world.system, body);
      world.act(user, "system.settings", "system");
      return ok("ok", world.system);
    },
    "admin",
  ],
  [
    "GET /api/system/monitor",
    ({ world }) => {
      const lag = world.plugins.flatMap((one) => one.lag.map((entry) => ({ plugin: one.name, ...entry })));
      return ok("ok", {
        cpu: { load: wave(9_000, 6, 24), cores: [] },
        memory: { total: 16.7e9, used: wave(30_000, 7.1e9, 7.4e9), free: 9e9 },
        disk: [{ fs: "/dev/vda1", size: 252e9, used: 171e9, available: 81e9 }],
        network: [],
        os: { platform: "linux", distro: "Debian GNU/Linux", release: "12", arch: "x86_64" },
        process: {
          uptime: Math.floor((Date.now() - world.startedAt) / 1000) + 18_000,
          rss: wave(20_000, 78e6, 84e6),
          heapTotal: 0,
          heapUsed: 0,
        },
        events: { perSecond: wave(5_000, 2, 31), lag },
        storage: { databaseBytes: 48_234_496, mediaBytes: 912_340_000, messages: 182_311, events: 401_992 },
        sessions: {
          connected: world.sessions.filter((one) => one.status === "CONNECTED").length,
          total: world.sessions.length,
        },
      });
    },
    "admin",
  ],
  ["GET /api/system/backup", ({ world }) => ok("ok", world.backup ?? null), "admin"],
  [
    "GET /api/system/audit",
    ({ world, query }) => {
      const before = query.get("before");
      const from = before ? world.audit.findIndex((one) => one.id === before) + 1 : 0;
      const limit = Number(query.get("limit") ?? 100);
      const page = world.audit.slice(from, from + limit);
      return { ...ok("ok", page), next: from + limit < world.audit.length ? page.at(-1).id : null };
    },
    "admin",
  ],
];
