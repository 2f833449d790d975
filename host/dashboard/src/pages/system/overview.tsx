import { useEffect } from "preact/hooks";
import { type Backup, backupOf, fetchBackup, fetchMonitor, type Monitor } from "../../api/admin";
import { fetchPlugins } from "../../api/plugins";
import { fetchSessions } from "../../api/sessions";
import { to } from "../../app/router";
import { useResource } from "../../data/resource";
import { liveState, useLive } from "../../live/live";
import { bytes, count, duration, percent } from "../../logic/format";
import { info } from "../../state/viewer";
import { t } from "../../text/en";
import { Ago, Facts, Progress } from "../../ui/bits";
import { Chart } from "../../ui/chart";
import { Section } from "../../ui/page";
import { Loaded, Notice } from "../../ui/states";
import { history, keep, LENGTH } from "./history";

const POLL_MS = 3_000;
const SHORTEST = 20;

export function Overview() {
  const monitor = useResource("monitor", fetchMonitor, POLL_MS);
  useEffect(() => {
    if (monitor.data) keep(monitor.data);
  }, [monitor.data]);
  return <Loaded from={monitor}>{(now) => <Shown now={now} />}</Loaded>;
}

function Shown({ now }: { now: Monitor }) {
  const past = history.value;
  const of = (each: (one: Monitor) => number | null) => past.map((one) => each(one) ?? 0);
  const { memory, disk } = now;
  // The first minute fills the width; then the curve runs.
  const length = Math.min(LENGTH, Math.max(SHORTEST, past.length));
  return (
    <>
      <div class="charts">
        {now.cpu !== null ? (
          <Chart
            label={t.system.cpu}
            value={`${Math.round(now.cpu)} %`}
            values={of((one) => one.cpu)}
            top={100}
            length={length}
          />
        ) : null}
        <Chart
          label={t.system.process}
          value={bytes(now.process.rss)}
          values={of((one) => one.process.rss)}
          length={length}
        />
        {memory ? (
          <Chart
            label={t.system.memory}
            value={`${percent(memory.used, memory.total)} %`}
            note={t.system.ofTotal(bytes(memory.used), bytes(memory.total))}
            values={of((one) => one.memory?.used ?? 0)}
            top={memory.total}
            length={length}
          />
        ) : null}
        {now.events.perSecond !== null ? (
          <Chart
            label={t.system.events}
            value={t.system.perSecond(count(Math.round(now.events.perSecond * 10) / 10))}
            values={of((one) => one.events.perSecond)}
            length={length}
          />
        ) : null}
        {now.events.lag !== null ? (
          <Chart
            label={t.system.lag}
            value={count(now.events.lag)}
            note={t.system.lagNote}
            values={of((one) => one.events.lag)}
            length={length}
          />
        ) : null}
        {disk ? (
          <Chart
            label={t.system.disk}
            value={`${percent(disk.used, disk.total)} %`}
            note={t.system.ofTotal(bytes(disk.used), bytes(disk.total))}
            values={of((one) => one.disk?.used ?? 0)}
            top={disk.total}
            length={length}
          />
        ) : null}
      </div>
      <div class="columns">
        <Section title={t.system.gateway}>
          <Facts
            of={[
              [t.system.versionLabel, <code>{info.value?.version}</code>],
              [t.system.uptime, duration(now.process.uptime)],
              now.os ? [t.system.os, now.os] : null,
              info.value?.sandbox ? [t.system.network, t.system.sandbox] : null,
            ]}
          />
        </Section>
        <Storage now={now} />
      </div>
      <div class="columns">
        <SessionSummary />
        <LagSummary />
      </div>
      <BackupSummary />
    </>
  );
}

function Storage({ now }: { now: Monitor }) {
  const { storage, disk } = now;
  const facts: [string, string][] = [];
  if (storage.database !== null) facts.push([t.system.database, bytes(storage.database)]);
  if (storage.media !== null) facts.push([t.system.media, bytes(storage.media)]);
  if (storage.messages !== null) facts.push([t.system.messages, count(storage.messages)]);
  if (storage.events !== null) facts.push([t.system.storedEvents, count(storage.events)]);
  if (disk) facts.push([t.system.free, bytes(disk.total - disk.used)]);
  if (facts.length === 0) return null;
  return (
    <Section title={t.system.storage}>
      <Facts of={facts} />
    </Section>
  );
}

function SessionSummary() {
  const sessions = useResource("sessions", fetchSessions);
  return (
    <Section title={t.sessions.title}>
      <Loaded from={sessions} rows={3}>
        {(all) => {
          const by = new Map<string, number>();
          for (const one of all) by.set(one.status, (by.get(one.status) ?? 0) + 1);
          return (
            <Facts
              of={[
                [t.system.total, count(all.length)],
                ...[...by].map(([status, n]): [string, string] => [
                  t.status[status as keyof typeof t.status],
                  count(n),
                ]),
              ]}
            />
          );
        }}
      </Loaded>
    </Section>
  );
}

/** Whose hooks are behind: there it shows first when something is slow. */
function LagSummary() {
  const plugins = useResource("plugins", fetchPlugins, 10_000);
  return (
    <Section title={t.system.hooks} text={t.system.hooksText}>
      <Loaded from={plugins} rows={3}>
        {(all) => {
          const behind = all
            .map((one) => ({ name: one.name, events: one.lag.reduce((sum, lag) => sum + lag.events, 0) }))
            .filter((one) => one.events > 0)
            .sort((a, b) => b.events - a.events);
          if (behind.length === 0) return <p class="ok">{t.system.noLag}</p>;
          return (
            <ul class="plain-list">
              {behind.map((one) => (
                <li key={one.name}>
                  <a href={to("plugins", one.name)}>{one.name}</a>{" "}
                  <span class="faint">{t.plugins.waiting(one.events)}</span>
                </li>
              ))}
            </ul>
          );
        }}
      </Loaded>
    </Section>
  );
}

/** It is taken by another program; what that says comes with the stream. */
function BackupSummary() {
  const backup = useResource("backup", fetchBackup, liveState.value === "open" ? 0 : 5_000);
  useLive(["backup.progress"], ({ data }) => backup.mutate(() => backupOf(data)));
  return (
    <Section title={t.system.backup} text={t.system.backupText}>
      <Loaded from={backup} rows={2}>
        {(newest) => (newest ? <Newest backup={newest} /> : <p class="faint">{t.system.noBackup}</p>)}
      </Loaded>
    </Section>
  );
}

function Newest({ backup }: { backup: Backup }) {
  if (backup.state === "failed")
    return (
      <Notice kind="error" title={t.system.backupFailed}>
        <p>
          <Ago at={backup.at} /> {backup.error}
        </p>
      </Notice>
    );
  if (backup.state === "running") {
    const done = percent(backup.done, backup.total);
    const label = `${t.system.backupSteps[backup.step]}: ${done} %`;
    return (
      <>
        <p>{label}</p>
        <Progress value={done} label={label} />
      </>
    );
  }
  return (
    <Facts
      of={[
        [t.system.backupDone, <Ago at={backup.at} />],
        backup.size === null ? null : [t.system.backupSize, bytes(backup.size)],
      ]}
    />
  );
}
