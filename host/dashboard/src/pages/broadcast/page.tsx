/** One text to many people, slowly. */

import { Megaphone, Plus } from "lucide";
import { useState } from "preact/hooks";
import { fetchBroadcasts } from "../../api/automation";
import { number, text } from "../../api/read";
import { to } from "../../app/router";
import type { PageProps } from "../../app/routes";
import { useResource } from "../../data/resource";
import { useLive } from "../../live/live";
import { count, percent } from "../../logic/format";
import { t } from "../../text/en";
import { Ago, Badge, Progress } from "../../ui/bits";
import { Button } from "../../ui/button";
import { Page } from "../../ui/page";
import { Empty, Loaded } from "../../ui/states";
import { BroadcastDetail } from "./detail";
import { StartBroadcast } from "./start";
import { TONES } from "./tones";

export default function Broadcasts({ place }: PageProps) {
  const session = place.parts[1] ?? "";
  const id = place.parts[2] ?? null;
  return id ? <BroadcastDetail key={id} session={session} id={id} /> : <List session={session} />;
}

function List({ session }: { session: string }) {
  const [isStarting, setStarting] = useState(false);
  const [isRunning, setRunning] = useState(false);
  const list = useResource(
    `broadcasts:${session}`,
    (signal) => fetchBroadcasts(session, signal),
    isRunning ? 2_000 : 30_000,
  );
  const some = list.data?.some((one) => one.status === "running") ?? false;
  if (some !== isRunning) setRunning(some);
  useLive(["broadcast.progress"], ({ sessionId, data }) => {
    if (sessionId !== session) return;
    const id = text(data.broadcastId) || text(data.id);
    list.mutate((all) =>
      all.map((one) =>
        one.id === id ? { ...one, sent: number(data.sent, one.sent), failed: number(data.failed, one.failed) } : one,
      ),
    );
  });
  const start = (
    <Button look="primary" icon={Plus} onClick={() => setStarting(true)}>
      {t.broadcast.create}
    </Button>
  );
  return (
    <Page title={t.broadcast.title} text={t.broadcast.text} actions={start}>
      <Loaded from={list}>
        {(all) =>
          all.length === 0 ? (
            <Empty icon={Megaphone} title={t.broadcast.emptyTitle} action={start}>
              <p>{t.broadcast.emptyText}</p>
            </Empty>
          ) : (
            <ul class="rows card">
              {all.map((one) => (
                <li key={one.id}>
                  <a class="row broadcast" href={to("broadcast", session, one.id)}>
                    <div class="row-main">
                      <p class="clamp">
                        <bdi>{one.message}</bdi>
                      </p>
                      <small>
                        <Ago at={one.startedAt} /> ·{" "}
                        {t.broadcast.summary(count(one.sent), count(one.total), count(one.failed))}
                      </small>
                    </div>
                    <div class="broadcast-progress">
                      <Progress value={percent(one.sent + one.failed, one.total)} label={t.broadcast.progress} />
                    </div>
                    <Badge tone={TONES[one.status]}>{t.broadcast.states[one.status]}</Badge>
                  </a>
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
      {isStarting ? <StartBroadcast session={session} onClose={() => setStarting(false)} /> : null}
    </Page>
  );
}
