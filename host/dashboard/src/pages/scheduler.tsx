/** Messages that go later, once or again and again. */

import { CalendarClock, Pencil, Plus, Trash2 } from "lucide";
import { useState } from "preact/hooks";
import { deleteScheduled, fetchScheduled, type Scheduled, saveScheduled } from "../api/automation";
import { to } from "../app/router";
import type { PageProps } from "../app/routes";
import { useNames } from "../data/names";
import { invalidate, useResource } from "../data/resource";
import { atFull, localInput } from "../logic/format";
import { fromInput } from "../logic/jid";
import { external } from "../logic/links";
import { attempt, done } from "../state/toasts";
import { t } from "../text/en";
import { Ago, Badge, Tabs, type Tone } from "../ui/bits";
import { Button, IconButton } from "../ui/button";
import { confirm } from "../ui/confirm";
import { Dialog } from "../ui/dialog";
import { AreaField, SelectField, TextField } from "../ui/field";
import { Form, FormError, useSending } from "../ui/form";
import { Page } from "../ui/page";
import { Empty, Loaded } from "../ui/states";

const TONES: Record<Scheduled["status"], Tone> = { PENDING: "info", SENT: "ok", FAILED: "bad" };

export default function Scheduler({ place }: PageProps) {
  const session = place.parts[1] ?? "";
  const tab = place.parts[2] === "history" ? "history" : "pending";
  const items = useResource(`scheduled:${session}:${tab}`, (signal) => fetchScheduled(session, tab, signal), 20_000);
  const nameOf = useNames(session);
  const [editing, setEditing] = useState<Scheduled | "new" | null>(null);
  const erase = async (one: Scheduled) => {
    const isSure = await confirm({
      title: t.scheduler.deleteTitle,
      text: <p>{t.scheduler.deleteText(nameOf(one.jid))}</p>,
      verb: t.actions.delete,
      isDanger: true,
    });
    if (isSure && (await attempt(() => deleteScheduled(session, one.id), t.scheduler.deleted)))
      invalidate(`scheduled:${session}`);
  };
  const create = (
    <Button look="primary" icon={Plus} onClick={() => setEditing("new")}>
      {t.scheduler.create}
    </Button>
  );
  return (
    <Page
      title={t.scheduler.title}
      text={t.scheduler.text}
      actions={create}
      tabs={
        <Tabs
          label={t.scheduler.tabs}
          current={tab}
          hrefOf={(id: "pending" | "history") =>
            id === "pending" ? to("scheduler", session) : to("scheduler", session, id)
          }
          of={[
            { id: "pending", label: t.scheduler.pending },
            { id: "history", label: t.scheduler.history },
          ]}
        />
      }
    >
      <Loaded from={items}>
        {(list) =>
          list.length === 0 ? (
            <Empty
              icon={CalendarClock}
              title={tab === "pending" ? t.scheduler.emptyTitle : t.scheduler.emptyHistory}
              action={tab === "pending" ? create : undefined}
            >
              {tab === "pending" ? <p>{t.scheduler.emptyText}</p> : null}
            </Empty>
          ) : (
            <ul class="rows card">
              {list.map((one) => (
                <li key={one.id} class="row scheduled">
                  <div class="scheduled-when">
                    <strong>
                      <Ago at={one.sendAt} />
                    </strong>
                    <small>{one.sendAt === null ? "" : atFull(one.sendAt)}</small>
                    {one.cron ? <code title={t.scheduler.repeats}>{one.cron}</code> : null}
                  </div>
                  <div class="row-main">
                    <strong>{nameOf(one.jid)}</strong>
                    <p class="clamp">
                      <bdi>{one.content || one.mediaUrl}</bdi>
                    </p>
                    {one.reason ? <small class="bad">{one.reason}</small> : null}
                  </div>
                  <Badge tone={TONES[one.status]}>{t.scheduler.states[one.status]}</Badge>
                  <div class="row-actions">
                    {one.status === "PENDING" ? (
                      <IconButton
                        icon={Pencil}
                        label={t.actions.edit(nameOf(one.jid))}
                        onClick={() => setEditing(one)}
                      />
                    ) : null}
                    <IconButton icon={Trash2} label={t.actions.deleteOf(nameOf(one.jid))} onClick={() => erase(one)} />
                  </div>
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
      {editing ? (
        <EditScheduled session={session} one={editing === "new" ? null : editing} onClose={() => setEditing(null)} />
      ) : null}
    </Page>
  );
}

const HOUR = 3_600_000;

function EditScheduled({ session, one, onClose }: { session: string; one: Scheduled | null; onClose: () => void }) {
  const [to, setTo] = useState(one?.jid ?? "");
  const [content, setContent] = useState(one?.content ?? "");
  const [when, setWhen] = useState(localInput(one?.sendAt ?? Math.ceil((Date.now() + HOUR) / HOUR) * HOUR));
  const [mediaUrl, setMediaUrl] = useState(one?.mediaUrl ?? "");
  const [mediaType, setMediaType] = useState(one?.mediaType || "image");
  const [cron, setCron] = useState(one?.cron ?? "");
  const sending = useSending();
  const jid = fromInput(to);
  const at = when ? new Date(when).getTime() : Number.NaN;
  const isAddressWrong = mediaUrl.trim() !== "" && external(mediaUrl.trim()) === null;
  const isPast = at < Date.now() - 60_000;
  const isReady =
    jid !== null &&
    !Number.isNaN(at) &&
    !isPast &&
    !isAddressWrong &&
    (content.trim() !== "" || mediaUrl.trim() !== "");
  const save = async () => {
    if (!jid) return;
    const draft = { jid, content: content.trim(), sendAt: at, mediaUrl: mediaUrl.trim(), mediaType, cron: cron.trim() };
    if (!(await sending.send(() => saveScheduled(session, one?.id ?? null, draft)))) return;
    done(t.scheduler.saved);
    invalidate(`scheduled:${session}`);
    onClose();
  };
  return (
    <Dialog
      title={one ? t.scheduler.edit : t.scheduler.create}
      size="medium"
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t.actions.cancel}</Button>
          <Button look="primary" isBusy={sending.isBusy} disabled={!isReady} onClick={save}>
            {t.actions.save}
          </Button>
        </>
      }
    >
      <Form onSubmit={() => (isReady ? save() : undefined)}>
        <div class="pair">
          <TextField
            label={t.scheduler.to}
            value={to}
            onInput={setTo}
            placeholder="+1 202 555 0102"
            error={to !== "" && !jid ? t.people.bad(to) : sending.at("jid")}
            hint={t.scheduler.toHint}
            autocomplete="off"
          />
          <TextField
            label={t.scheduler.when}
            type="datetime-local"
            value={when}
            onInput={setWhen}
            hint={t.scheduler.zone(Intl.DateTimeFormat().resolvedOptions().timeZone)}
            error={isPast ? t.scheduler.past : sending.at("sendAt")}
          />
        </div>
        <AreaField
          label={t.scheduler.content}
          value={content}
          onInput={setContent}
          rows={4}
          error={sending.at("content")}
        />
        <div class="pair">
          <TextField
            label={t.scheduler.media}
            type="url"
            value={mediaUrl}
            onInput={setMediaUrl}
            error={isAddressWrong ? t.schema.notAnAddress : sending.at("mediaUrl")}
            placeholder="https://example.com/flyer.jpg"
          />
          <SelectField
            label={t.scheduler.mediaType}
            value={mediaType}
            onChange={setMediaType}
            options={(["image", "video", "audio", "document"] as const).map((kind) => ({
              value: kind,
              label: t.chats.as[kind],
            }))}
          />
        </div>
        <TextField
          label={t.scheduler.cron}
          value={cron}
          onInput={setCron}
          placeholder="0 9 * * MON-FRI"
          isMono
          hint={t.scheduler.cronHint}
          error={sending.at("cronExpression")}
          autocomplete="off"
        />
        <FormError error={sending.error} />
      </Form>
    </Dialog>
  );
}
