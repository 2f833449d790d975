/** One session: linking it, what it is doing, how it behaves, who may use it. */

import { ArrowLeft, LogOut, MessageCircle, Play, RotateCw, Square, Trash2 } from "lucide";
import { useRef } from "preact/hooks";
import { fetchSession, type SessionDetail } from "../../api/sessions";
import { to } from "../../app/router";
import type { PageProps } from "../../app/routes";
import { invalidate, useResource } from "../../data/resource";
import { liveState, useLive } from "../../live/live";
import { done } from "../../state/toasts";
import { mayManage, mayOwn } from "../../state/viewer";
import { t } from "../../text/en";
import { Name, Tabs } from "../../ui/bits";
import { Button, ButtonLink } from "../../ui/button";
import { Icon } from "../../ui/icon";
import { Menu } from "../../ui/menu";
import { Page } from "../../ui/page";
import { SessionState } from "../../ui/session-state";
import { Loaded } from "../../ui/states";
import { Access } from "./access";
import { deleteAsked, logoutAsked, steer } from "./actions";
import { BotTab } from "./bot";
import { Overview } from "./overview";
import { Settings } from "./settings";

const TABS = ["overview", "settings", "bot", "access"] as const;
type Tab = (typeof TABS)[number];

/** States that pass: without the event stream they are looked at often. */
const PASSING = ["SCAN_QR", "CONNECTING", "DISCONNECTED"];

export default function SessionPage({ place }: PageProps) {
  const slug = place.parts[1] ?? "";
  const tab = TABS.find((one) => one === place.parts[2]) ?? "overview";
  const status = useRef<string>("");
  const isHurried = liveState.value !== "open" || PASSING.includes(status.current);
  const session = useResource(`session:${slug}`, (signal) => fetchSession(slug, signal), isHurried ? 3_000 : 20_000);
  useLive(["session.status", "connection.update"], (event) => {
    if (event.sessionId === slug) session.reload();
  });

  const now = session.data?.status ?? "";
  if (status.current !== now) {
    if (status.current === "SCAN_QR" && now === "CONNECTED") {
      done(t.session.nowConnected);
      invalidate("sessions");
    }
    status.current = now;
  }

  const tabs = TABS.filter(
    (one) =>
      one === "overview" || (mayManage() && (one !== "access" || (session.data !== undefined && mayOwn(session.data)))),
  );
  return (
    <Page
      title={session.data?.name ?? slug}
      back={
        <a class="back" href="#/sessions">
          <Icon of={ArrowLeft} size={14} /> {t.sessions.title}
        </a>
      }
      head={session.data ? <Head session={session.data} /> : undefined}
      actions={session.data ? <Actions session={session.data} /> : undefined}
      tabs={
        tabs.length > 1 ? (
          <Tabs
            label={t.session.tabsLabel}
            current={tab}
            hrefOf={(id: Tab) => (id === "overview" ? to("session", slug) : to("session", slug, id))}
            of={tabs.map((id) => ({ id, label: t.session.tabs[id] }))}
          />
        ) : undefined
      }
    >
      <Loaded from={session}>
        {(data) => {
          if (tab === "settings") return <Settings slug={slug} />;
          if (tab === "bot") return <BotTab slug={slug} />;
          if (tab === "access") return <Access slug={slug} />;
          return <Overview session={data} />;
        }}
      </Loaded>
    </Page>
  );
}

function Head({ session }: { session: SessionDetail }) {
  return (
    <div class="session-head">
      <h1>
        <Name of={session.name} />
      </h1>
      <SessionState status={session.status} />
      <code>{session.slug}</code>
    </div>
  );
}

function Actions({ session }: { session: SessionDetail }) {
  return (
    <>
      {session.status === "CONNECTED" ? (
        <ButtonLink href={to("chats", session.slug)} icon={MessageCircle} look="primary">
          {t.session.openChats}
        </ButtonLink>
      ) : null}
      {mayManage() ? <Steer session={session} /> : null}
      {mayOwn(session) ? (
        <Menu
          label={t.actions.more}
          class="button plain only-icon"
          items={[
            session.me !== null && { label: t.session.logout, icon: LogOut, onClick: () => logoutAsked(session) },
            { label: t.session.delete, icon: Trash2, isDanger: true, onClick: () => deleteAsked(session) },
          ]}
        />
      ) : null}
    </>
  );
}

function Steer({ session }: { session: SessionDetail }) {
  const isRunning = session.status !== "STOPPED" && session.status !== "LOGGED_OUT";
  if (!isRunning) {
    return (
      <Button icon={Play} look="primary" onClick={() => steer(session.slug, "start")}>
        {t.session.start}
      </Button>
    );
  }
  return (
    <>
      <Button icon={RotateCw} onClick={() => steer(session.slug, "restart")}>
        {t.session.restart}
      </Button>
      <Button icon={Square} onClick={() => steer(session.slug, "stop")}>
        {t.session.stop}
      </Button>
    </>
  );
}
