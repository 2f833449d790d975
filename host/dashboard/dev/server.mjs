// A gateway made up for developing and testing the page: the shapes of the API, in memory, with simulated phones.
// For developers alone: nothing of it is shipped. `node dev/server.mjs --help` lists what can be asked for.
import { createReadStream, existsSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { HttpError, readBody, send } from "./http.mjs";
import { routes } from "./routes.mjs";
import { createWorld } from "./world.mjs";

const HELP = `node dev/server.mjs [--port N] [--seed demo|empty|big|hostile|setup] [--no-sandbox]

  --port N       where to listen on 127.0.0.1 (4600; 0 takes a free one)
  --seed demo    a few sessions, chats and plugins (the default)
  --seed empty   one administrator and nothing else
  --seed big     500 sessions, 10,000 chats
  --seed hostile texts that try to become code, everywhere
  --seed setup   no user yet
  --no-sandbox   as a gateway for real accounts

  Sign in as admin@example.com with "correct horse battery".
`;

/** What the page runs under in the gateway. */
export const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; connect-src 'self'; " +
  "font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
  "require-trusted-types-for 'script'; trusted-types 'none'";

const DIST = fileURLToPath(new URL("../dist", import.meta.url));
const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
};

export function startMock(options = {}) {
  const world = createWorld(options);
  const server = createServer((request, response) => {
    handle(world, request, response).catch((error) => {
      const known = error instanceof HttpError;
      if (!known) console.error(error);
      if (response.headersSent) return response.destroy();
      const status = known ? error.status : 500;
      const message = known ? error.message : "Internal Server Error";
      world.requests += 1;
      const requestId = `req-${world.requests.toString(36).padStart(6, "0")}`;
      send(response, status, {
        status: false,
        message,
        error: message,
        code: known ? error.code : "internal",
        requestId,
        ...(known ? error.extra : {}),
      });
    });
  });
  server.keepAliveTimeout = 5_000;
  return new Promise((resolve) => {
    server.listen(options.port ?? 4600, "127.0.0.1", () => {
      const url = `http://127.0.0.1:${server.address().port}`;
      resolve({
        url,
        world,
        close: () =>
          new Promise((done) => {
            world.stop();
            server.close(done);
            server.closeAllConnections();
          }),
      });
    });
  });
}

async function handle(world, request, response) {
  const url = new URL(request.url, "http://mock");
  const path = url.pathname;
  if (!path.startsWith("/api/") && !path.startsWith("/sandbox/") && !path.startsWith("/__mock/"))
    return file(path, request, response);
  const failing = world.failures.find(
    (one) => one.times > 0 && path.includes(one.path) && (!one.method || one.method === request.method),
  );
  if (failing) {
    failing.times -= 1;
    throw new HttpError(failing.status, failing.message, failing.code ?? "made_up", failing.extra ?? {});
  }
  if (world.delayMs > 0) await new Promise((then) => setTimeout(then, world.delayMs));
  for (const [method, pattern, handler, need] of routes) {
    if (method !== request.method) continue;
    const match = pattern.exec(path);
    if (!match) continue;
    const params = Object.fromEntries(
      Object.entries(match.groups ?? {}).map(([name, value]) => [name, decodeURIComponent(value)]),
    );
    const context = { world, request, response, params, query: url.searchParams, user: world.userOf(request) };
    world.authorise(context, need);
    context.body = await readBody(request);
    const answer = await handler(context);
    if (answer !== undefined) send(response, answer.$status ?? 200, answer.$status ? answer.$body : answer);
    return;
  }
  throw new HttpError(404, "Not found", "not_found");
}

function file(path, request, response) {
  const wanted = path === "/" ? "/index.html" : path;
  const where = normalize(join(DIST, wanted));
  if (!where.startsWith(DIST) || !existsSync(where) || !statSync(where).isFile()) {
    response.writeHead(404, { "Content-Type": "text/plain" });
    return response.end("Not found");
  }
  response.setHeader("Content-Type", TYPES[extname(where)] ?? "application/octet-stream");
  response.setHeader("Content-Security-Policy", CSP);
  response.setHeader("X-Content-Type-Options", "nosniff");
  response.setHeader("Referrer-Policy", "no-referrer");
  response.setHeader(
    "Cache-Control",
    wanted.startsWith("/assets/") ? "public, max-age=31536000, immutable" : "no-cache",
  );
  if (/gzip/.test(request.headers["accept-encoding"] ?? "") && TYPES[extname(where)]) {
    const chunks = [];
    createReadStream(where)
      .on("data", (chunk) => chunks.push(chunk))
      .on("end", () => {
        response.setHeader("Content-Encoding", "gzip");
        response.end(gzipSync(Buffer.concat(chunks)));
      });
    return undefined;
  }
  createReadStream(where).pipe(response);
  return undefined;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const args = process.argv.slice(2);
  if (args.includes("--help")) {
    process.stdout.write(HELP);
    process.exit(0);
  }
  const value = (name) => (args.includes(name) ? args[args.indexOf(name) + 1] : undefined);
  const mock = await startMock({
    port: Number(value("--port") ?? 4600),
    seed: value("--seed") ?? "demo",
    sandbox: !args.includes("--no-sandbox"),
  });
  process.stdout.write(`${mock.url}\n`);
}
