import { useState } from "preact/hooks";
import { fetchSessionMonitor, type SessionDetail } from "../../api/sessions";
import { useResource } from "../../data/resource";
import { useLive } from "../../live/live";
import { count, duration } from "../../logic/format";
import { display } from "../../logic/jid";
import { mayManage } from "../../state/viewer";
import { t } from "../../text/en";
import { Ago, Copyable, Facts, Name, Progress } from "../../ui/bits";
import { Section } from "../../ui/page";
import { Notice } from "../../ui/states";
import { LinkPanel } from "./link";
import { PasskeyPanel } from "./passkey";

export function Overview({ session }: { session: SessionDetail }) {
  return (
    <>
      <StateNotice session={session} />
      <HistoryProgress slug={session.slug} />
      {/passkey/i.test(session.cause ?? "") && mayManage() ? <PasskeyPanel slug={session.slug} /> : null}
      {session.status === "SCAN_QR" && mayManage() ? <LinkPanel session={session} /> : null}
      <div class="columns">
        <Section title={t.session.account}>
          <Facts
            of={[
              [t.session.number, session.me ? <strong>{display(session.me.id)}</strong> : t.sessions.notLinked],
              session.me?.name ? [t.session.pushName, <Name of={session.me.name} />] : null,
              session.me ? [t.session.jid, <Copyable text={session.me.id} />] : null,
              [t.session.slug, <Copyable text={session.slug} />],
              session.owner ? [t.session.owner, <Name of={session.owner} />] : null,
              [t.session.created, <Ago at={session.createdAt} />],
            ]}
          />
        </Section>
        <Section title={t.session.activity}>
          <Activity session={session} />
        </Section>
      </div>
    </>
  );
}

/** The state in words, with its cause: what to do about it. */
function StateNotice({ session }: { session: SessionDetail }) {
  if (session.status === "CONNECTED") return null;
  const cause = session.cause ? <p>{t.session.cause(session.cause)}</p> : null;
  if (session.status === "SCAN_QR") return cause ? <Notice kind="info">{cause}</Notice> : null;
  const kind = session.status === "LOGGED_OUT" || session.status === "DISCONNECTED" ? "warning" : "info";
  return (
    <Notice kind={kind} title={t.session.stateTitle[session.status]}>
      <p>{t.session.stateText[session.status]}</p>
      {cause}
    </Notice>
  );
}

function Activity({ session }: { session: SessionDetail }) {
  const monitor = useResource(`monitor:${session.slug}`, (signal) => fetchSessionMonitor(session.slug, signal), 15_000);
  const store = monitor.data;
  return (
    <Facts
      of={[
        [t.session.uptime, session.uptime > 0 ? duration(session.uptime) : "–"],
        [t.session.messages, count(store?.messages || session.counts.messages)],
        [t.session.chats, store ? count(store.chats) : "–"],
        [t.session.contacts, count(store?.contacts || session.counts.contacts)],
        [t.session.groups, count(session.counts.groups)],
        [t.session.rules, count(session.counts.autoReplies)],
      ]}
    />
  );
}

/** What the phone sends of its past, while it does. */
function HistoryProgress({ slug }: { slug: string }) {
  const [progress, setProgress] = useState<number | null>(null);
  useLive(["history.progress"], (event) => {
    if (event.sessionId !== slug) return;
    const value = Number(event.data.progress);
    setProgress(Number.isFinite(value) && value < 100 ? Math.round(value) : null);
  });
  if (progress === null) return null;
  return (
    <Notice kind="info" title={t.session.history(progress)}>
      <Progress value={progress} label={t.session.history(progress)} />
    </Notice>
  );
}
