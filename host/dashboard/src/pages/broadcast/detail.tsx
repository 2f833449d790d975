import { ArrowLeft, CircleStop, Pause, Play } from "lucide";
import { useMemo, useState } from "preact/hooks";
import { fetchBroadcast, type Recipient, steerBroadcast } from "../../api/automation";
import { to } from "../../app/router";
import { useNames } from "../../data/names";
import { invalidate, useResource } from "../../data/resource";
import { useLive } from "../../live/live";
import { count, percent } from "../../logic/format";
import { attempt } from "../../state/toasts";
import { t } from "../../text/en";
import { Ago, Badge, Choices, Facts, Progress, type Tone } from "../../ui/bits";
import { Button } from "../../ui/button";
import { confirm } from "../../ui/confirm";
import { Icon } from "../../ui/icon";
import { Page, Section } from "../../ui/page";
import { Loaded } from "../../ui/states";
import { VirtualList } from "../../ui/virtual-list";
import { TONES } from "./tones";

const RECIPIENT_TONES: Record<string, Tone> = { pending: "idle", sent: "ok", failed: "bad" };

export function BroadcastDetail({ session, id }: { session: string; id: string }) {
  const [isRunning, setRunning] = useState(true);
  const broadcast = useResource(
    `broadcasts:${session}:${id}`,
    (signal) => fetchBroadcast(session, id, signal),
    isRunning ? 2_000 : 0,
  );
  const status = broadcast.data?.status;
  if (status !== undefined && (status === "running") !== isRunning) setRunning(status === "running");
  useLive(["broadcast.progress"], (event) => {
    if (event.sessionId === session) broadcast.reload();
  });
  const steer = async (what: "pause" | "resume" | "cancel") => {
    if (what === "cancel") {
      const isSure = await confirm({
        title: t.broadcast.cancelTitle,
        text: <p>{t.broadcast.cancelText}</p>,
        verb: t.broadcast.cancel,
        isDanger: true,
      });
      if (!isSure) return;
    }
    if (await attempt(() => steerBroadcast(session, id, what))) invalidate(`broadcasts:${session}`);
  };
  return (
    <Page
      title={t.broadcast.one}
      back={
        <a class="back" href={to("broadcast", session)}>
          <Icon of={ArrowLeft} size={14} /> {t.broadcast.title}
        </a>
      }
      actions={
        <>
          {status === "running" ? (
            <Button icon={Pause} onClick={() => steer("pause")}>
              {t.broadcast.pause}
            </Button>
          ) : null}
          {status === "paused" ? (
            <Button icon={Play} look="primary" onClick={() => steer("resume")}>
              {t.broadcast.resume}
            </Button>
          ) : null}
          {status === "running" || status === "paused" ? (
            <Button icon={CircleStop} onClick={() => steer("cancel")}>
              {t.broadcast.cancel}
            </Button>
          ) : null}
        </>
      }
    >
      <Loaded from={broadcast}>
        {(data) => {
          const share = percent(data.sent + data.failed, data.total);
          return (
            <>
              <Section
                title={t.broadcast.progress}
                actions={<Badge tone={TONES[data.status]}>{t.broadcast.states[data.status]}</Badge>}
              >
                <p class="big-number" role="status">
                  {t.broadcast.summary(count(data.sent), count(data.total), count(data.failed))}
                </p>
                <Progress value={share} label={t.broadcast.progress} />
                <Facts
                  of={[
                    [t.broadcast.started, <Ago at={data.startedAt} />],
                    data.completedAt ? [t.broadcast.completed, <Ago at={data.completedAt} />] : null,
                    [
                      t.broadcast.message,
                      <span class="wrap">
                        <bdi>{data.message}</bdi>
                      </span>,
                    ],
                  ]}
                />
              </Section>
              <Recipients session={session} all={data.recipients} />
            </>
          );
        }}
      </Loaded>
    </Page>
  );
}

const FILTERS = ["all", "pending", "sent", "failed"] as const;

function Recipients({ session, all }: { session: string; all: Recipient[] }) {
  const nameOf = useNames(session);
  const [filter, setFilter] = useState<(typeof FILTERS)[number]>("all");
  const found = useMemo(() => all.filter((one) => filter === "all" || one.status === filter), [all, filter]);
  return (
    <Section
      title={t.broadcast.recipients}
      actions={
        <Choices
          label={t.broadcast.filter}
          value={filter}
          onChange={setFilter}
          of={FILTERS.map((id) => ({ id, label: t.broadcast.filters[id] }))}
        />
      }
    >
      {found.length === 0 ? (
        <p class="faint">{t.states.nothingFound}</p>
      ) : (
        <VirtualList
          items={found}
          rowHeight={44}
          keyOf={(one) => one.jid}
          label={t.broadcast.recipients}
          class="limited"
        >
          {(one, row) => (
            // Arrow keys lead through the list.
            <div class="row" data-row tabIndex={row.tabIndex}>
              <div class="row-main">
                <strong>{nameOf(one.jid)}</strong>
                {one.error ? <small class="bad">{one.error}</small> : null}
              </div>
              <span class="faint small">{one.sentAt ? <Ago at={one.sentAt} /> : null}</span>
              <Badge tone={RECIPIENT_TONES[one.status] ?? "idle"}>
                {t.broadcast.filters[one.status as "sent"] ?? one.status}
              </Badge>
            </div>
          )}
        </VirtualList>
      )}
    </Section>
  );
}
