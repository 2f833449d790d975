/** Labels, and the chats that carry them. */

import { MessageCircle, Pencil, Plus, Tags, Trash2 } from "lucide";
import { useState } from "preact/hooks";
import { createLabel, deleteLabel, editLabel, fetchChatsByLabel, fetchLabels, type Label } from "../api/people";
import { to } from "../app/router";
import type { PageProps } from "../app/routes";
import { useNames } from "../data/names";
import { invalidate, useResource } from "../data/resource";
import { useLive } from "../live/live";
import { attempt } from "../state/toasts";
import { t } from "../text/en";
import { Button, IconButton } from "../ui/button";
import { confirm } from "../ui/confirm";
import { Dialog } from "../ui/dialog";
import { TextField } from "../ui/field";
import { Form, FormError, useSending } from "../ui/form";
import { Icon } from "../ui/icon";
import { COLORS, LabelMark } from "../ui/label-mark";
import { Page } from "../ui/page";
import { Empty, Loaded } from "../ui/states";

export default function Labels({ place }: PageProps) {
  const session = place.parts[1] ?? "";
  const labels = useResource(`labels:${session}`, (signal) => fetchLabels(session, signal));
  const [editing, setEditing] = useState<Label | "new" | null>(null);
  const [open, setOpen] = useState<string | null>(null);
  useLive(["label.*"], (event) => {
    if (event.sessionId === session) labels.reload();
  });
  const erase = async (label: Label) => {
    const isSure = await confirm({
      title: t.labels.deleteTitle(label.name),
      text: <p>{t.labels.deleteText(label.chats)}</p>,
      verb: t.actions.delete,
      isDanger: true,
    });
    if (isSure && (await attempt(() => deleteLabel(session, label.id), t.labels.deleted)))
      invalidate(`labels:${session}`);
  };
  const create = (
    <Button look="primary" icon={Plus} onClick={() => setEditing("new")}>
      {t.labels.create}
    </Button>
  );
  return (
    <Page title={t.labels.title} text={t.labels.text} actions={create} width="narrow">
      <Loaded from={labels}>
        {(list) =>
          list.length === 0 ? (
            <Empty icon={Tags} title={t.labels.emptyTitle} action={create}>
              <p>{t.labels.emptyText}</p>
            </Empty>
          ) : (
            <ul class="rows card">
              {list.map((label) => (
                <li key={label.id}>
                  <div class="row">
                    <div class="row-main">
                      <LabelMark label={label} />
                    </div>
                    <Button
                      isSmall
                      look="quiet"
                      aria-pressed={open === label.id}
                      disabled={label.chats === 0}
                      onClick={() => setOpen(open === label.id ? null : label.id)}
                    >
                      {t.labels.chats(label.chats)}
                    </Button>
                    <IconButton icon={Pencil} label={t.actions.edit(label.name)} onClick={() => setEditing(label)} />
                    <IconButton icon={Trash2} label={t.actions.deleteOf(label.name)} onClick={() => erase(label)} />
                  </div>
                  {open === label.id ? <LabelledChats session={session} id={label.id} /> : null}
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
      {editing ? (
        <EditLabel session={session} label={editing === "new" ? null : editing} onClose={() => setEditing(null)} />
      ) : null}
    </Page>
  );
}

function LabelledChats({ session, id }: { session: string; id: string }) {
  const nameOf = useNames(session);
  const chats = useResource(`by-label:${session}:${id}`, (signal) => fetchChatsByLabel(session, id, signal));
  return (
    <div class="row-more">
      <Loaded from={chats} rows={2}>
        {(list) => (
          <ul class="plain-list">
            {list.map((jid) => (
              <li key={jid}>
                <a href={to("chats", session, jid)}>
                  <Icon of={MessageCircle} size={14} /> {nameOf(jid)}
                </a>
              </li>
            ))}
          </ul>
        )}
      </Loaded>
    </div>
  );
}

function EditLabel({ session, label, onClose }: { session: string; label: Label | null; onClose: () => void }) {
  const [name, setName] = useState(label?.name ?? "");
  const [color, setColor] = useState(label?.color ?? 3);
  const sending = useSending();
  const save = async () => {
    const isDone = await sending.send(() =>
      label ? editLabel(session, label.id, name.trim(), color) : createLabel(session, name.trim(), color),
    );
    if (!isDone) return;
    invalidate(`labels:${session}`);
    onClose();
  };
  return (
    <Dialog
      title={label ? t.labels.edit : t.labels.create}
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t.actions.cancel}</Button>
          <Button look="primary" isBusy={sending.isBusy} disabled={name.trim() === ""} onClick={save}>
            {t.actions.save}
          </Button>
        </>
      }
    >
      <Form onSubmit={() => (name.trim() === "" ? undefined : save())}>
        <TextField
          label={t.labels.name}
          value={name}
          onInput={setName}
          maxLength={100}
          error={sending.at("name")}
          autocomplete="off"
        />
        <fieldset class="swatches">
          <legend>{t.labels.color}</legend>
          {Array.from({ length: COLORS }, (_, index) => (
            <button
              key={index}
              type="button"
              class={`swatch color-${index}`}
              aria-pressed={index === color}
              aria-label={t.labels.colorNames[index]}
              title={t.labels.colorNames[index]}
              onClick={() => setColor(index)}
            />
          ))}
        </fieldset>
        <FormError error={sending.error} />
        <button type="submit" hidden />
      </Form>
    </Dialog>
  );
}
