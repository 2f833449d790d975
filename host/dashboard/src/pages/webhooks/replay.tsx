import { useState } from "preact/hooks";
import { replay } from "../../api/webhooks";
import { invalidate } from "../../data/resource";
import { done } from "../../state/toasts";
import { t } from "../../text/en";
import { Button } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { TextField } from "../../ui/field";
import { Form, FormError, useSending } from "../../ui/form";

export function Replay({ session, id, onClose }: { session: string; id: string; onClose: () => void }) {
  const [from, setFrom] = useState("");
  const [until, setUntil] = useState("");
  const sending = useSending();
  const isWhole = (text: string) => /^\d+$/.test(text.trim());
  const isReady = isWhole(from) && (until.trim() === "" || (isWhole(until) && Number(until) >= Number(from)));
  const send = async () => {
    if (!(await sending.send(() => replay(session, id, Number(from), until.trim() === "" ? null : Number(until)))))
      return;
    done(t.webhooks.replayed);
    invalidate(`deliveries:${session}:${id}`);
    onClose();
  };
  return (
    <Dialog
      title={t.webhooks.replay}
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t.actions.cancel}</Button>
          <Button look="primary" isBusy={sending.isBusy} disabled={!isReady} onClick={send}>
            {t.webhooks.replayVerb}
          </Button>
        </>
      }
    >
      <p class="hint">{t.webhooks.replayText}</p>
      <Form onSubmit={() => (isReady ? send() : undefined)}>
        <div class="pair">
          <TextField
            label={t.webhooks.fromSequence}
            value={from}
            onInput={setFrom}
            inputMode="numeric"
            error={sending.at("fromSequence")}
          />
          <TextField
            label={t.webhooks.toSequence}
            value={until}
            onInput={setUntil}
            inputMode="numeric"
            hint={t.webhooks.toHint}
            error={sending.at("toSequence")}
          />
        </div>
        <FormError error={sending.error} />
        <button type="submit" hidden />
      </Form>
    </Dialog>
  );
}
