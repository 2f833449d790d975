// What a mock starts with.
import { randomBytes } from "node:crypto";
import { add, chatOf } from "./network.mjs";
import { bundledPlugins } from "./plugins.mjs";
import { iso, newId, PASSWORD } from "./world.mjs";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const JID = "@s.whatsapp.net";

export function seedWorld(world, seed) {
  world.plugins = bundledPlugins();
  if (seed === "setup") return;
  const admin = addUser(world, "Alex Admin", "admin@example.com", "SUPERADMIN");
  if (seed === "empty") return;
  if (seed === "big") big(world);
  else if (seed === "hostile") hostile(world, admin);
  else demo(world, admin);
}

export function addUser(world, name, email, role, password = PASSWORD) {
  const user = { id: newId(), name, email, role, password, createdAt: iso(Date.now() - 40 * DAY) };
  world.users.push(user);
  return user;
}

function connected(world, parts, phone, since = 5 * HOUR) {
  const session = world.newSession({
    ...parts,
    status: "CONNECTED",
    since: Date.now() - since,
    me: { id: phone.jid, name: phone.name, lid: phone.lid },
  });
  phone.devices.push({ id: phone.devices.length + 1, session });
  return session;
}

function say(session, jid, entries, name = null) {
  const chat = chatOf(session, jid);
  chat.name = name ?? chat.name;
  for (const [ago, fromMe, text, more = {}] of entries) {
    add(session, jid, {
      keyId: `3EB0${randomBytes(8).toString("hex").toUpperCase()}`,
      fromMe,
      type: "TEXT",
      status: fromMe ? "READ" : "DELIVERED",
      content: text,
      at: Date.now() - ago,
      senderJid: fromMe ? null : jid,
      ...more,
    });
  }
  return chat;
}

function demo(world, admin) {
  const owner = addUser(world, "Olga Owner", "olga@example.com", "OWNER");
  addUser(world, "Stefan Staff", "stefan@example.com", "STAFF");
  const { network } = world;
  const sam = network.add("12025550103", "Sam");
  const carl = network.add("12025550102", "Carl Carter");
  const ann = network.add("12025550104", "Ann Ahrens");
  const bob = network.add("12025550105", "Bob Bloom", "lid");
  const dora = network.add("12025550106", "Dora Díaz");

  world.newSession({
    slug: "warehouse",
    name: "Warehouse",
    userId: owner.id,
    status: "LOGGED_OUT",
    cause: "logged out on the phone",
    createdAt: Date.now() - 60 * DAY,
  });
  world.newSession({
    slug: "night-shift",
    name: "Night shift",
    userId: admin.id,
    status: "STOPPED",
    createdAt: Date.now() - 20 * DAY,
  });
  world.newSession({
    slug: "support-2",
    name: "Support, second number",
    userId: owner.id,
    status: "DISCONNECTED",
    cause: "no answer from the server for 45 s; next try in 12 s",
    createdAt: Date.now() - 9 * DAY,
  });
  const shop = connected(
    world,
    { slug: "shop", name: "Shop", userId: admin.id, createdAt: Date.now() - 30 * DAY },
    sam,
  );

  const group = network.createGroup(sam, "Weekend market", [carl.number, ann.number, bob.number]);
  group.description = "Stalls, shifts, and who brings the tent.";

  say(
    shop,
    carl.jid,
    [
      [2 * DAY, false, "Hello! Do you still have the blue enamel mugs?"],
      [2 * DAY - 4 * MINUTE, true, "Yes, six left. Shall I put some aside for you?"],
      [2 * DAY - 6 * MINUTE, false, "Four please. I come by on *Saturday*, around ten."],
      [
        2 * DAY - 7 * MINUTE,
        true,
        "Done. They are behind the counter under your name.",
        { reactions: [{ emoji: "🙏", sender: carl.jid, fromMe: false }] },
      ],
      [26 * HOUR, false, "One more thing: is there a box for them? Something like https://example.com/boxes/4-mugs"],
      [25 * HOUR, true, "We have plain ones:\n• small, 1.20\n• large, 1.80\nThe large one holds four."],
      [3 * HOUR, false, "Large then."],
      [2 * HOUR, true, "Noted.", { status: "DELIVERED" }],
    ],
    "Carl Carter",
  );
  const market = say(shop, carl.jid, []);
  market.pinned = true;
  say(
    shop,
    ann.jid,
    [
      [90 * MINUTE, false, "Good morning, the delivery is here"],
      [
        88 * MINUTE,
        false,
        "Photo of the pallet",
        { type: "IMAGE", mediaUrl: "/api/media/sample-1.png", mimeType: "image/png" },
      ],
      [70 * MINUTE, true, "Great. Please check the _fragile_ ones first", { editedAt: iso(Date.now() - 69 * MINUTE) }],
      [12 * MINUTE, false, "Two are broken"],
      [
        11 * MINUTE,
        false,
        null,
        {
          type: "DOCUMENT",
          fileName: "delivery-note-2026-11-26.pdf",
          mimeType: "application/pdf",
          fileSize: 184_320,
          mediaUrl: "/api/media/sample-2.png",
        },
      ],
      [10 * MINUTE, false, "Shall I send them back?"],
    ],
    "Ann Ahrens",
  ).unread = 3;
  say(
    shop,
    dora.jid,
    [
      [7 * DAY, true, "Your order is ready."],
      [7 * DAY - HOUR, false, "Thank you!", { reactions: [{ emoji: "❤️", sender: "me", fromMe: true }] }],
      [6 * DAY, false, "52.52001,13.40495", { type: "LOCATION" }],
    ],
    "Dora Díaz",
  );
  say(shop, `12025550177${JID}`, [[4 * DAY, true, "This number may be wrong?", { status: "FAILED" }]]);
  say(
    shop,
    group.jid,
    [
      [30 * HOUR, false, "Who brings the tent?", { senderJid: ann.jid, pushName: "Ann Ahrens" }],
      [29 * HOUR, false, "I can, if somebody helps me carry", { senderJid: carl.jid, pushName: "Carl Carter" }],
      [28 * HOUR, true, "I help. Eight o'clock at the shop?"],
      [
        27 * HOUR,
        false,
        "Works for me 👍",
        {
          senderJid: bob.jid,
          pushName: "Bob Bloom",
          reactions: [
            { emoji: "👍", sender: ann.jid, fromMe: false },
            { emoji: "👍", sender: "me", fromMe: true },
          ],
        },
      ],
    ],
    "Weekend market",
  );
  say(shop, `12025550178${JID}`, [[40 * DAY, false, "old question"]], "Former supplier").archived = true;
  shop.contacts = [carl, ann, bob, dora].map((one) => ({
    id: newId(),
    jid: one.jid,
    lid: one.lid,
    name: one.name,
    notify: one.name,
    verifiedName: one === dora ? "Díaz Ceramics" : null,
    blocked: false,
  }));
  shop.labels = [
    { id: newId(), name: "New order", color: 1 },
    { id: newId(), name: "Waiting for payment", color: 10 },
    { id: newId(), name: "Done", color: 9 },
  ];
  shop.chatLabels = [
    { chatJid: carl.jid, labelId: shop.labels[0].id },
    { chatJid: dora.jid, labelId: shop.labels[2].id },
  ];
  shop.rules = [
    {
      id: newId(),
      keyword: "opening hours",
      response: "Monday to Friday, 9 to 17 o'clock",
      matchType: "CONTAINS",
      triggerType: "PRIVATE",
      isMedia: false,
      mediaUrl: null,
    },
    {
      id: newId(),
      keyword: "^order\\s+\\d+",
      response: "Thank you! We look it up and answer within the hour.",
      matchType: "REGEX",
      triggerType: "ALL",
      isMedia: false,
      mediaUrl: null,
    },
  ];
  shop.scheduled = [
    {
      id: newId(),
      jid: carl.jid,
      content: "Reminder: your mugs are waiting for you until Saturday, 16 o'clock.",
      sendAt: iso(Date.now() + 20 * HOUR),
      status: "PENDING",
    },
    {
      id: newId(),
      jid: group.jid,
      content: "Tomorrow is market day!",
      sendAt: iso(Date.now() + 3 * DAY),
      cronExpression: "0 18 * * FRI",
      status: "PENDING",
    },
    { id: newId(), jid: dora.jid, content: "Your order is ready.", sendAt: iso(Date.now() - 7 * DAY), status: "SENT" },
    {
      id: newId(),
      jid: `12025550177${JID}`,
      content: "Hello",
      sendAt: iso(Date.now() - 2 * DAY),
      status: "FAILED",
      reason: "the number is not on WhatsApp",
    },
  ];
  shop.broadcasts = [
    {
      id: newId(),
      message: "We are closed on Monday. See you on Tuesday!",
      total: 4,
      sent: 3,
      failed: 1,
      status: "completed",
      delay: 4000,
      startedAt: iso(Date.now() - 3 * DAY),
      completedAt: iso(Date.now() - 3 * DAY + 20_000),
      recipients: [carl, ann, bob]
        .map((one) => ({ id: newId(), jid: one.jid, status: "sent", error: null, sentAt: iso(Date.now() - 3 * DAY) }))
        .concat([
          {
            id: newId(),
            jid: `12025550177${JID}`,
            status: "failed",
            error: "the number is not on WhatsApp",
            sentAt: null,
          },
        ]),
    },
  ];
  shop.webhooks = [
    {
      id: newId(),
      name: "Order system",
      url: "https://orders.example.com/hooks/whatsapp",
      events: ["message.received", "message.status"],
      isActive: true,
      secret: "s3cret",
      createdAt: iso(Date.now() - 20 * DAY),
      deliveries: [],
    },
    {
      id: newId(),
      name: "Old statistics",
      url: "https://broken.example.com/in",
      events: ["*"],
      isActive: true,
      secret: null,
      createdAt: iso(Date.now() - 30 * DAY),
      deliveries: [],
    },
  ];
  const states = [
    ["DEAD", 24, 502, "The receiver answered 502 Bad Gateway"],
    ["FAILED", 6, null, "connection refused"],
    ["DELIVERED", 1, 200, null],
    ["DELIVERED", 2, 204, null],
  ];
  states.forEach(([status, attempts, code, error], index) => {
    shop.webhooks[1].deliveries.unshift({
      id: newId(),
      event: index % 2 ? "message.status" : "message.received",
      eventId: newId(),
      sequence: 100 + index,
      status,
      attempts,
      nextAttemptAt: status === "FAILED" ? iso(Date.now() + 8 * MINUTE) : null,
      lastStatusCode: code,
      lastError: error,
      lastDurationMs: code ? 120 : null,
      createdAt: iso(Date.now() - (5 - index) * HOUR),
      deliveredAt: null,
    });
  });
  shop.access = [{ userId: world.users[2].id, createdAt: iso(Date.now() - 10 * DAY) }];
  world.keys = [
    {
      id: newId(),
      userId: admin.id,
      name: "n8n on the office server",
      prefix: "wag_Kx7m",
      last4: "9QzT",
      scopes: ["read", "send"],
      sessions: ["shop"],
      expiresAt: iso(Date.now() + 60 * DAY),
      lastUsedAt: iso(Date.now() - 3 * MINUTE),
      createdAt: iso(Date.now() - 30 * DAY),
      secret: "x",
    },
    {
      id: newId(),
      userId: admin.id,
      name: "Backup script",
      prefix: "wag_p20d",
      last4: "77aF",
      scopes: ["read", "manage", "admin"],
      sessions: null,
      expiresAt: null,
      lastUsedAt: null,
      createdAt: iso(Date.now() - 2 * DAY),
      secret: "y",
    },
  ];
  world.note(
    admin.id,
    "Support, second number is disconnected",
    "No answer from the server for 45 s. The gateway keeps trying.",
    "WARNING",
    "/session/support-2",
  );
  world.note(
    admin.id,
    "A webhook gave up",
    "“Old statistics” did not take 1 event after 24 tries.",
    "ERROR",
    `/webhooks/shop/${shop.webhooks[1].id}?status=DEAD`,
  );
  world.note(admin.id, "Version 0.3.0 is out", "See what is new in the changelog.", "INFO").read = true;
  world.act(admin, "plugin.disable", "sticker", { file: "config/plugins/sticker.toml" });
  world.act(owner, "session.create", "support-2");
  world.act(null, "session.logged_out", "warehouse", { cause: "logged out on the phone" });
  world.act(admin, "user.create", "stefan@example.com", { role: "STAFF" });
  world.act(admin, "auth.login", "admin@example.com");
}

function big(world) {
  const { network } = world;
  const sam = network.add("12025550103", "Sam");
  const states = ["CONNECTED", "CONNECTED", "CONNECTED", "CONNECTED", "STOPPED", "DISCONNECTED", "LOGGED_OUT"];
  for (let n = 500; n > 1; n -= 1) {
    const status = states[n % states.length];
    world.newSession({
      slug: `branch-${n}`,
      name: `Branch ${n}`,
      status,
      cause: status === "DISCONNECTED" ? "no network" : null,
      me: { id: `1202555${String(n).padStart(4, "0")}${JID}`, name: `Branch ${n}` },
    });
  }
  const shop = connected(world, { slug: "branch-1", name: "Branch 1" }, sam);
  for (let n = 0; n < 10_000; n += 1) {
    const jid = `1303555${String(n).padStart(4, "0")}${JID}`;
    say(
      shop,
      jid,
      [[n * 40_000, n % 3 === 0, `Message number ${n} about one thing or another`]],
      `Customer ${n}`,
    ).unread = n % 17 === 0 ? 2 : 0;
    shop.contacts.push({ id: newId(), jid, lid: null, name: `Customer ${n}`, notify: null, verifiedName: null });
  }
  say(
    shop,
    `13035550000${JID}`,
    Array.from({ length: 2_000 }, (_, n) => [
      (2_000 - n) * 30_000,
      n % 4 === 0,
      `Line ${n}: lorem ipsum dolor sit amet`,
    ]),
  );
}

/** Texts that would do something if anything in the page took them for code. */
export const HOSTILE = [
  "<script>window.__xss=1</script>",
  '<img src=x onerror="window.__xss=1">',
  '"><svg onload=window.__xss=1>',
  "javascript:window.__xss=1",
  "{{constructor.constructor('window.__xss=1')()}}",
  "' onmouseover='window.__xss=1",
  '<a href="javascript:window.__xss=1">x</a>',
  "</textarea><script>window.__xss=1</script>",
  "data:text/html,<script>window.__xss=1</script>",
  "\u202Egpj.exe\u202C invoice",
];

function hostile(world, admin) {
  const { network } = world;
  const text = (n) => HOSTILE[n % HOSTILE.length];
  world.system.appName = text(0);
  admin.name = text(1);
  const sam = network.add("12025550103", text(2));
  const carl = network.add("12025550102", text(1));
  const shop = connected(world, { slug: "shop", name: text(1) }, sam);
  world.newSession({ slug: "waiting", name: text(0), status: "SCAN_QR", qr: "2@x,y,z,w,9", qrAt: Date.now() });
  world.newSession({ slug: "broken", name: text(2), status: "DISCONNECTED", cause: text(0) });
  const group = network.createGroup(sam, text(0), [carl.number]);
  group.description = HOSTILE.join("\n");
  say(
    shop,
    carl.jid,
    [
      ...HOSTILE.map((one, n) => [
        (60 - n) * MINUTE,
        n % 2 === 0,
        one,
        { quoteId: n === 3 ? "Q" : null, quotedContent: n === 3 ? text(0) : null, pushName: text(1) },
      ]),
      [9 * MINUTE, false, text(1), { type: "IMAGE", mediaUrl: "javascript:window.__xss=1" }],
      [8 * MINUTE, false, text(1), { type: "IMAGE", mediaUrl: "data:text/html,<script>window.__xss=1</script>" }],
      [
        7 * MINUTE,
        false,
        null,
        {
          type: "DOCUMENT",
          mediaUrl: "/api/media/../../etc/passwd",
          fileName: "<img src=x onerror=window.__xss=1>.pdf",
          mimeType: text(0),
        },
      ],
      [6 * MINUTE, false, text(0), { type: "LOCATION" }],
      [5 * MINUTE, false, text(1), { type: "CONTACT" }],
      [
        4 * MINUTE,
        false,
        'click https://example.com/?q="><script>window.__xss=1</script> or javascript:window.__xss=1',
        { reactions: [{ emoji: text(1), sender: "x", fromMe: false }] },
      ],
      [3 * MINUTE, false, text(1), { type: text(0) }],
    ],
    text(1),
  ).unread = 2;
  say(shop, group.jid, [[MINUTE, false, text(2), { senderJid: carl.jid, senderName: text(1) }]], text(0));
  shop.contacts = [{ id: newId(), jid: carl.jid, lid: null, name: text(1), notify: text(0), verifiedName: text(2) }];
  shop.labels = [{ id: newId(), name: text(1), color: 3 }];
  shop.chatLabels = [{ chatJid: carl.jid, labelId: shop.labels[0].id }];
  shop.rules = [
    {
      id: newId(),
      keyword: text(0),
      response: text(1),
      matchType: "CONTAINS",
      triggerType: "ALL",
      isMedia: true,
      mediaUrl: "javascript:window.__xss=1",
    },
  ];
  shop.scheduled = [
    {
      id: newId(),
      jid: carl.jid,
      content: text(1),
      sendAt: iso(Date.now() + HOUR),
      cronExpression: text(0),
      status: "PENDING",
    },
  ];
  shop.broadcasts = [
    {
      id: newId(),
      message: text(1),
      total: 1,
      sent: 0,
      failed: 1,
      status: "completed",
      delay: 1,
      startedAt: iso(Date.now()),
      completedAt: iso(Date.now()),
      recipients: [{ id: newId(), jid: carl.jid, status: "failed", error: text(0), sentAt: null }],
    },
  ];
  shop.webhooks = [
    {
      id: newId(),
      name: text(1),
      url: "javascript:window.__xss=1",
      events: [text(0)],
      isActive: true,
      secret: null,
      createdAt: iso(Date.now()),
      deliveries: [
        {
          id: newId(),
          event: text(0),
          eventId: "e",
          sequence: 1,
          status: "DEAD",
          attempts: 1,
          lastStatusCode: 500,
          lastError: text(1),
          lastDurationMs: 1,
          createdAt: iso(Date.now()),
        },
      ],
    },
  ];
  world.keys = [
    {
      id: newId(),
      userId: admin.id,
      name: text(1),
      prefix: text(0),
      last4: "xxxx",
      scopes: [text(1)],
      sessions: [text(0)],
      expiresAt: null,
      lastUsedAt: null,
      createdAt: iso(Date.now()),
      secret: "x",
    },
  ];
  world.note(admin.id, text(0), text(1), "ERROR", "javascript:window.__xss=1");
  world.note(admin.id, text(1), text(2), text(0), "//evil.example/");
  world.act({ id: "x", name: text(1), email: text(0) }, text(0), text(1), { detail: text(2) });
  const [first] = world.plugins;
  Object.assign(first, {
    description: text(1),
    version: text(0),
    lastError: { message: text(0), file: text(1), line: 3, column: 7 },
  });
  first.routes = [{ method: text(0), path: text(1) }];
  first.hooks = [text(0)];
  first.rights = [{ name: text(0), reason: text(1), granted: false }];
  first.settingsSchema = {
    type: "object",
    properties: { field: { title: text(0), description: text(1), type: "string" }, pick: { enum: [text(0), text(1)] } },
  };
  first.settings = { field: text(1) };
}
