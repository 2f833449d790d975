import { useState } from "preact/hooks";
import { createSession } from "../../api/sessions";
import { go, to } from "../../app/router";
import { invalidate } from "../../data/resource";
import { t } from "../../text/en";
import { Button } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { TextField } from "../../ui/field";
import { Form, FormError, useSending } from "../../ui/form";
import { slugFrom, slugProblem } from "./slug";

export function CreateSession({ taken, onClose }: { taken: string[]; onClose: () => void }) {
  const [name, setName] = useState("");
  const [typed, setTyped] = useState<string | null>(null);
  const sending = useSending();
  const slug = typed ?? slugFrom(name);
  const problem = slug === "" ? null : slugProblem(slug, taken);

  const submit = () =>
    sending.send(async () => {
      const session = await createSession(name.trim(), slug);
      invalidate("sessions");
      onClose();
      go(to("session", session.slug));
    });

  return (
    <Dialog
      title={t.sessions.create}
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t.actions.cancel}</Button>
          <Button
            look="primary"
            isBusy={sending.isBusy}
            disabled={name.trim() === "" || problem !== null}
            onClick={submit}
          >
            {t.sessions.createVerb}
          </Button>
        </>
      }
    >
      <Form onSubmit={() => (name.trim() === "" || problem !== null ? undefined : submit())}>
        <TextField
          label={t.sessions.name}
          value={name}
          onInput={setName}
          error={sending.at("name")}
          placeholder={t.sessions.namePlaceholder}
          maxLength={100}
          autocomplete="off"
          isRequired
        />
        <TextField
          label={t.sessions.slug}
          value={slug}
          onInput={setTyped}
          error={
            (typed !== null || problem === t.sessions.slugTaken ? problem : null) ?? sending.at("sessionId", "slug")
          }
          hint={t.sessions.slugHint}
          maxLength={64}
          autocomplete="off"
          isMono
        />
        <FormError error={sending.error} />
        <button type="submit" hidden />
      </Form>
    </Dialog>
  );
}
