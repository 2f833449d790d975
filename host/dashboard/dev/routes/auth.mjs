// Signing in and out; what anybody may know.
import { randomBytes } from "node:crypto";
import { HttpError, ok } from "../http.mjs";
import { addUser } from "../seeds.mjs";

const NAME = "next-auth.session-token";
const cookieOf = (request) => /next-auth\.session-token=([^;]+)/.exec(request.headers.cookie ?? "")?.[1];

function ensureCookie(world, request, response) {
  const known = world.cookies.get(cookieOf(request));
  if (known) return known;
  const id = randomBytes(16).toString("hex");
  const entry = { csrf: randomBytes(16).toString("hex"), userId: null };
  world.cookies.set(id, entry);
  response.setHeader("Set-Cookie", `${NAME}=${id}; HttpOnly; SameSite=Lax; Path=/`);
  return entry;
}

const csrfChecked = ({ world, request, body }) => {
  const entry = world.cookies.get(cookieOf(request));
  if (!entry || (request.headers["x-csrf-token"] ?? body.csrfToken) !== entry.csrf)
    throw new HttpError(403, "The CSRF token is missing or old", "csrf");
};

export const authRoutes = [
  [
    "GET /api/system/info",
    ({ world }) =>
      ok("ok", {
        version: "0.3.0+mock",
        appName: world.system.appName,
        sandbox: world.sandbox,
        registrationOpen: world.system.enableRegistration,
        needsSetup: world.users.length === 0,
      }),
    "public",
  ],
  [
    "GET /api/auth/csrf",
    ({ world, request, response }) => ({ csrfToken: ensureCookie(world, request, response).csrf }),
    "public",
  ],
  [
    "GET /api/auth/session",
    ({ world, request, response, user }) => {
      ensureCookie(world, request, response);
      if (!user) return { $status: 200, $body: null };
      return {
        user: { id: user.id, name: user.name, email: user.email, role: user.role },
        expires: new Date(Date.now() + 86_400_000).toISOString(),
      };
    },
    "public",
  ],
  [
    "POST /api/auth/callback/credentials",
    (context) => {
      csrfChecked(context);
      const { world, request, response, body } = context;
      const user = world.users.find((one) => one.email === body.email && one.password === body.password);
      if (!user) return { url: "/auth/login?error=CredentialsSignin&code=credentials" };
      world.cookies.delete(cookieOf(request));
      const id = randomBytes(16).toString("hex");
      world.cookies.set(id, { csrf: randomBytes(16).toString("hex"), userId: user.id });
      response.setHeader("Set-Cookie", `${NAME}=${id}; HttpOnly; SameSite=Lax; Path=/`);
      return { url: "/" };
    },
    "public",
  ],
  [
    "POST /api/auth/signout",
    (context) => {
      csrfChecked(context);
      const { world, request, response, body } = context;
      const me = world.cookies.get(cookieOf(request));
      for (const [id, entry] of world.cookies) {
        if (id === cookieOf(request) || (body.everywhere && entry.userId === me.userId)) world.cookies.delete(id);
      }
      response.setHeader("Set-Cookie", `${NAME}=; Path=/; Max-Age=0`);
      return { url: "/" };
    },
    "public",
  ],
  [
    "POST /api/auth/register",
    (context) => {
      csrfChecked(context);
      const { world, body } = context;
      const isFirst = world.users.length === 0;
      if (!isFirst && !world.system.enableRegistration)
        throw new HttpError(403, "Registration is currently disabled by the administrator", "forbidden");
      if ((body.name ?? "").length < 2)
        throw new HttpError(400, "name: must have 2 characters or more", "invalid", { field: "name" });
      if ((body.password ?? "").length < 12)
        throw new HttpError(400, "password: must have 12 characters or more", "invalid", { field: "password" });
      if (world.users.some((one) => one.email === body.email))
        throw new HttpError(400, "email: User with this email already exists", "conflict", { field: "email" });
      const user = addUser(world, body.name, body.email, isFirst ? "SUPERADMIN" : "OWNER", body.password);
      return {
        success: true,
        status: true,
        message: "User registered successfully",
        user: { id: user.id, name: user.name, email: user.email },
      };
    },
    "public",
  ],
];
