/** Notes to the person who is signed in; and, for administrators, notes to others. */

import { Bell, CheckCheck, Megaphone } from "lucide";
import { useState } from "preact/hooks";
import { fetchNotes, fetchUsers, markNotesRead, sendNote } from "../api/admin";
import { invalidate, useResource } from "../data/resource";
import { useLive } from "../live/live";
import { attempt, done } from "../state/toasts";
import { isAdmin } from "../state/viewer";
import { t } from "../text/en";
import { Button } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { AreaField, SelectField, TextField } from "../ui/field";
import { Form, FormError, useSending } from "../ui/form";
import { NoteRow } from "../ui/note";
import { Page } from "../ui/page";
import { Empty, Loaded } from "../ui/states";

export default function Notifications() {
  const notes = useResource("notes", fetchNotes);
  const [isWriting, setWriting] = useState(false);
  useLive(["notification.*"], notes.reload);
  const readAll = async () => {
    if (await attempt(() => markNotesRead([]), t.notes.allRead)) invalidate("notes");
  };
  const hasUnread = notes.data?.some((note) => !note.isRead) ?? false;
  return (
    <Page
      title={t.notes.title}
      width="narrow"
      actions={
        <>
          {hasUnread ? (
            <Button icon={CheckCheck} onClick={readAll}>
              {t.notes.readAll}
            </Button>
          ) : null}
          {isAdmin() ? (
            <Button icon={Megaphone} onClick={() => setWriting(true)}>
              {t.notes.write}
            </Button>
          ) : null}
        </>
      }
    >
      <Loaded from={notes}>
        {(list) =>
          list.length === 0 ? (
            <Empty icon={Bell} title={t.notes.none}>
              <p>{t.notes.emptyText}</p>
            </Empty>
          ) : (
            <ul class="notes card">
              {list.map((note) => (
                <NoteRow key={note.id} note={note} isFull />
              ))}
            </ul>
          )
        }
      </Loaded>
      {isWriting ? <WriteNote onClose={() => setWriting(false)} /> : null}
    </Page>
  );
}

const TYPES = ["INFO", "SUCCESS", "WARNING", "ERROR"] as const;

function WriteNote({ onClose }: { onClose: () => void }) {
  const users = useResource("users", fetchUsers);
  const [title, setTitle] = useState("");
  const [message, setMessage] = useState("");
  const [type, setType] = useState<string>("INFO");
  const [to, setTo] = useState("");
  const sending = useSending();
  const isReady = title.trim() !== "" && message.trim() !== "";
  const send = async () => {
    if (
      !(await sending.send(() =>
        sendNote({ title: title.trim(), message: message.trim(), type, targetUserId: to || null }),
      ))
    )
      return;
    done(t.notes.sent);
    invalidate("notes");
    onClose();
  };
  return (
    <Dialog
      title={t.notes.write}
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t.actions.cancel}</Button>
          <Button look="primary" isBusy={sending.isBusy} disabled={!isReady} onClick={send}>
            {t.notes.send}
          </Button>
        </>
      }
    >
      <Form onSubmit={() => (isReady ? send() : undefined)}>
        <TextField
          label={t.notes.noteTitle}
          value={title}
          onInput={setTitle}
          maxLength={200}
          error={sending.at("title")}
        />
        <AreaField
          label={t.notes.message}
          value={message}
          onInput={setMessage}
          rows={3}
          error={sending.at("message")}
        />
        <div class="pair">
          <SelectField
            label={t.notes.kind}
            value={type}
            onChange={setType}
            options={TYPES.map((one) => ({ value: one, label: t.notes.types[one] }))}
          />
          <SelectField
            label={t.notes.to}
            value={to}
            onChange={setTo}
            options={[
              { value: "", label: t.notes.everybody },
              ...(users.data ?? []).map((user) => ({ value: user.id, label: user.name })),
            ]}
            error={sending.at("targetUserId")}
          />
        </div>
        <FormError error={sending.error} />
      </Form>
    </Dialog>
  );
}
