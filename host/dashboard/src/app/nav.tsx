/** The menu. Pages of one session stand below the session they show. */

import {
  Bot,
  CalendarClock,
  ContactRound,
  type IconNode,
  KeyRound,
  Megaphone,
  MessageCircle,
  MonitorSmartphone,
  Plug,
  Server,
  Smartphone,
  Tags,
  Users as UsersIcon,
  UsersRound,
  Webhook,
  X,
} from "lucide";
import type { Info, Viewer } from "../api/auth";
import { liveState } from "../live/live";
import { lastSession } from "../state/prefs";
import { t } from "../text/en";
import { IconButton } from "../ui/button";
import { Icon } from "../ui/icon";
import { Bell } from "./bell";
import { Brand } from "./brand";
import { type Place, to } from "./router";
import { SessionPicker } from "./session-picker";
import { UserMenu } from "./user-menu";

interface Entry {
  page: string;
  label: string;
  icon: IconNode;
}

const OF_SESSION: Entry[] = [
  { page: "chats", label: t.nav.chats, icon: MessageCircle },
  { page: "contacts", label: t.nav.contacts, icon: ContactRound },
  { page: "groups", label: t.nav.groups, icon: UsersRound },
  { page: "labels", label: t.nav.labels, icon: Tags },
  { page: "autoreplies", label: t.nav.autoreplies, icon: Bot },
  { page: "scheduler", label: t.nav.scheduler, icon: CalendarClock },
  { page: "broadcast", label: t.nav.broadcast, icon: Megaphone },
];

const WEBHOOKS: Entry = { page: "webhooks", label: t.nav.webhooks, icon: Webhook };

export function Nav({
  viewer,
  info,
  place,
  onClose,
}: {
  viewer: Viewer;
  info: Info;
  place: Place;
  onClose: () => void;
}) {
  const current = place.parts[0] ?? "sessions";
  const session = lastSession.value;
  const ofSession = viewer.role === "STAFF" ? OF_SESSION : [...OF_SESSION, WEBHOOKS];
  const link = (entry: Entry, href: string, isCurrent = entry.page === current) => (
    <li key={entry.page}>
      <a href={href} aria-current={isCurrent ? "page" : undefined}>
        <Icon of={entry.icon} size={17} />
        <span>{entry.label}</span>
      </a>
    </li>
  );
  return (
    <aside class="sidebar" aria-label={t.nav.label}>
      <div class="sidebar-head">
        <Brand name={info.appName} />
        <Bell />
        <IconButton class="sidebar-close" icon={X} label={t.actions.close} onClick={onClose} />
      </div>
      <nav class="nav" aria-label={t.nav.label}>
        <ul>
          {link(
            { page: "sessions", label: t.nav.sessions, icon: MonitorSmartphone },
            "#/sessions",
            current === "sessions" || current === "session",
          )}
          {info.sandbox ? link({ page: "phone", label: t.nav.phone, icon: Smartphone }, "#/phone") : null}
        </ul>
        <SessionPicker place={place} />
        {session ? <ul>{ofSession.map((entry) => link(entry, to(entry.page, session)))}</ul> : null}
        <h2>{t.nav.gateway}</h2>
        <ul>
          {viewer.role === "SUPERADMIN"
            ? link({ page: "plugins", label: t.nav.plugins, icon: Plug }, "#/plugins")
            : null}
          {link({ page: "keys", label: t.nav.keys, icon: KeyRound }, "#/keys")}
          {viewer.role === "SUPERADMIN"
            ? link({ page: "users", label: t.nav.users, icon: UsersIcon }, "#/users")
            : null}
          {viewer.role === "SUPERADMIN"
            ? link({ page: "system", label: t.nav.system, icon: Server }, "#/system")
            : null}
        </ul>
      </nav>
      <div class="sidebar-foot">
        <Live />
        <UserMenu viewer={viewer} />
      </div>
    </aside>
  );
}

/** Whether the page hears what happens. */
function Live() {
  const state = liveState.value;
  const tone = state === "open" ? "ok" : state === "closed" ? "idle" : "warn";
  return (
    <p class={`live state ${tone}`} role="status">
      <span class={state === "connecting" || state === "waiting" ? "dot pulses" : "dot"} aria-hidden="true" />
      <span>{t.live[state]}</span>
    </p>
  );
}
