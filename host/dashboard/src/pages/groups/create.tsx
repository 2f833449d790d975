import { useState } from "preact/hooks";
import { createGroup, joinGroup } from "../../api/people";
import { go, to } from "../../app/router";
import { invalidate } from "../../data/resource";
import { manyFromInput } from "../../logic/jid";
import { done } from "../../state/toasts";
import { t } from "../../text/en";
import { Button } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { AreaField, TextField } from "../../ui/field";
import { Form, FormError, useSending } from "../../ui/form";

export const LONGEST_SUBJECT = 100;

export function CreateGroup({ session, onClose }: { session: string; onClose: () => void }) {
  const [subject, setSubject] = useState("");
  const [typed, setTyped] = useState("");
  const sending = useSending();
  const people = manyFromInput(typed);
  const isReady = subject.trim() !== "" && people.good.length > 0 && people.bad.length === 0;
  const create = () =>
    sending.send(async () => {
      const jid = await createGroup(session, subject.trim(), people.good);
      invalidate(`groups:${session}`);
      onClose();
      if (jid) go(to("groups", session, jid));
    });
  return (
    <Dialog
      title={t.groups.create}
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t.actions.cancel}</Button>
          <Button look="primary" isBusy={sending.isBusy} disabled={!isReady} onClick={create}>
            {t.groups.createVerb}
          </Button>
        </>
      }
    >
      <Form onSubmit={() => (isReady ? create() : undefined)}>
        <TextField
          label={t.groups.subject}
          value={subject}
          onInput={setSubject}
          maxLength={LONGEST_SUBJECT}
          error={sending.at("subject")}
        />
        <AreaField
          label={t.groups.members}
          value={typed}
          onInput={setTyped}
          rows={4}
          isMono
          hint={t.people.hint}
          error={people.bad.length > 0 ? t.people.bad(people.bad[0] ?? "") : sending.at("participants")}
        />
        <FormError error={sending.error} />
      </Form>
    </Dialog>
  );
}

export function JoinGroup({ session, onClose }: { session: string; onClose: () => void }) {
  const [typed, setTyped] = useState("");
  const sending = useSending();
  // A link is what people have; the code is its end.
  const code =
    typed
      .trim()
      .replace(/^https:\/\/chat\.whatsapp\.com\//, "")
      .split(/[?#/]/, 1)[0] ?? "";
  const join = () =>
    sending.send(async () => {
      const jid = await joinGroup(session, code);
      done(t.groups.joined);
      invalidate(`groups:${session}`);
      onClose();
      if (jid) go(to("groups", session, jid));
    });
  return (
    <Dialog
      title={t.groups.join}
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t.actions.cancel}</Button>
          <Button look="primary" isBusy={sending.isBusy} disabled={code === ""} onClick={join}>
            {t.groups.joinVerb}
          </Button>
        </>
      }
    >
      <Form onSubmit={() => (code === "" ? undefined : join())}>
        <TextField
          label={t.groups.invite}
          value={typed}
          onInput={setTyped}
          placeholder="https://chat.whatsapp.com/…"
          isMono
          error={sending.at("inviteCode")}
          autocomplete="off"
        />
        <FormError error={sending.error} />
        <button type="submit" hidden />
      </Form>
    </Dialog>
  );
}
