/** Which page an address shows. A page's code is loaded when it is first opened. */

import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { ApiError } from "../api/error";
import { t } from "../text/en";
import { Page } from "../ui/page";
import { Failure, Skeleton } from "../ui/states";
import { ChooseSession } from "./choose-session";
import { OF_SESSION, type Place } from "./router";

export interface PageProps {
  place: Place;
}

type Load = () => Promise<{ default: ComponentType<PageProps> }>;

/** By the first part of the address. */
const PAGES: Record<string, Load> = {
  sessions: () => import("../pages/sessions/list"),
  session: () => import("../pages/session/page"),
  chats: () => import("../pages/chats/page"),
  contacts: () => import("../pages/contacts"),
  groups: () => import("../pages/groups/page"),
  labels: () => import("../pages/labels"),
  autoreplies: () => import("../pages/autoreplies"),
  scheduler: () => import("../pages/scheduler"),
  broadcast: () => import("../pages/broadcast/page"),
  webhooks: () => import("../pages/webhooks/page"),
  plugins: () => import("../pages/plugins/page"),
  users: () => import("../pages/users"),
  keys: () => import("../pages/keys"),
  notifications: () => import("../pages/notifications"),
  system: () => import("../pages/system/page"),
  account: () => import("../pages/account"),
  phone: () => import("../phone/page"),
};

const loaded = new Map<string, ComponentType<PageProps>>();

export function Routed({ place }: PageProps) {
  const name = place.parts[0] ?? "sessions";
  const load = PAGES[name];
  const [, redraw] = useState(0);
  const [error, setError] = useState<string | null>(null);

  // The name says which.
  useEffect(() => {
    setError(null);
    if (!load || loaded.has(name)) return;
    load().then(
      (module) => {
        loaded.set(name, module.default);
        redraw((n) => n + 1);
      },
      () => setError(name),
    );
  }, [name]);

  if (!load) {
    return (
      <Page title={t.errors.notFound}>
        <Failure error={new ApiError({ status: 404, message: t.errors.noPage })} />
      </Page>
    );
  }
  if (OF_SESSION.includes(name) && !place.parts[1]) return <ChooseSession key={name} place={place} />;
  // After an update of the gateway the old parts of the page are gone: only loading it anew helps.
  if (error === name)
    return (
      <Failure error={new ApiError({ status: 0, message: t.errors.partGone })} onRetry={() => location.reload()} />
    );
  const Shown = loaded.get(name);
  return Shown ? <Shown key={name} place={place} /> : <Skeleton rows={8} label={t.states.loading} />;
}
