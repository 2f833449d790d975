// The event stream; and knobs for tests.

export const streamRoutes = [
  [
    "GET /api/events",
    ({ world, request, response, user }) => {
      const after = Number(request.headers["last-event-id"] ?? world.events.at(-1)?.position ?? 0);
      const may = (frame) => {
        if (frame.envelope.event === "notification.created") return frame.envelope.data.userId === user.id;
        if (user.role === "SUPERADMIN") return true;
        const session = world.sessions.find((one) => one.slug === frame.envelope.sessionId);
        return session ? session.userId === user.id || session.access.some((one) => one.userId === user.id) : false;
      };
      const write = (frame) => {
        if (may(frame))
          response.write(
            `id: ${frame.position}\nevent: ${frame.envelope.event}\ndata: ${JSON.stringify(frame.envelope)}\n\n`,
          );
      };
      response.writeHead(200, {
        "Content-Type": "text/event-stream",
        "Cache-Control": "no-store",
        "X-Accel-Buffering": "no",
      });
      response.write(": hello\n\n");
      if (world.events.length > 0 && after < world.events[0].position - 1)
        response.write("event: stream.gap\ndata: {}\n\n");
      for (const frame of world.events.filter((one) => one.position > after)) write(frame);
      const ping = setInterval(() => response.write(": still here\n\n"), 15_000);
      const end = () => {
        clearInterval(ping);
        world.bus.off("event", write);
        world.bus.off("end", stop);
      };
      const stop = () => {
        end();
        response.end();
      };
      world.bus.on("event", write);
      world.bus.on("end", stop);
      world.bus.on("cut", stop);
      request.on("close", () => {
        end();
        world.bus.off("cut", stop);
      });
      return undefined;
    },
  ],
  [
    "POST /__mock/fail",
    ({ world, body }) => {
      world.failures.push({ times: 1, message: "Made up for a test", ...body });
      return {};
    },
    "public",
  ],
  [
    "POST /__mock/cut",
    ({ world }) => {
      world.bus.emit("cut");
      return {};
    },
    "public",
  ],
  [
    "POST /__mock/delay",
    ({ world, body }) => {
      world.delayMs = body.ms;
      return {};
    },
    "public",
  ],
  [
    "POST /__mock/plugin",
    ({ world, body }) => {
      Object.assign(
        world.plugins.find((one) => one.name === body.name),
        body.change,
      );
      return {};
    },
    "public",
  ],
];
