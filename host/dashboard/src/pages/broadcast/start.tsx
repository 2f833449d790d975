import { useRef, useState } from "preact/hooks";
import { startBroadcast } from "../../api/automation";
import { go, to } from "../../app/router";
import { invalidate } from "../../data/resource";
import { count, duration } from "../../logic/format";
import { manyFromInput } from "../../logic/jid";
import { newKey } from "../../state/outbox";
import { t } from "../../text/en";
import { Button } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { AreaField, CheckField, TextField } from "../../ui/field";
import { Form, FormError, useSending } from "../../ui/form";

/** The gateway adds up to half of it at random. */
const RANDOM_PART = 1.25;

export function StartBroadcast({ session, onClose }: { session: string; onClose: () => void }) {
  const [typed, setTyped] = useState("");
  const [message, setMessage] = useState("");
  const [delay, setDelay] = useState("4");
  const [isAllowed, setAllowed] = useState(false);
  const key = useRef(newKey());
  const sending = useSending();
  const people = manyFromInput(typed);
  const seconds = Number(delay);
  const isDelayGood = Number.isFinite(seconds) && seconds >= 0.5 && seconds <= 3600;
  const isReady =
    people.good.length > 0 && people.bad.length === 0 && message.trim() !== "" && isDelayGood && isAllowed;
  const start = () =>
    sending.send(async () => {
      const body = { recipients: people.good, message: message.trim(), delay: Math.round(seconds * 1000) };
      const id = await startBroadcast(session, body, key.current);
      invalidate(`broadcasts:${session}`);
      onClose();
      if (id) go(to("broadcast", session, id));
    });
  return (
    <Dialog
      title={t.broadcast.create}
      size="medium"
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t.actions.cancel}</Button>
          <Button look="primary" isBusy={sending.isBusy} disabled={!isReady} onClick={start}>
            {t.broadcast.start(count(people.good.length))}
          </Button>
        </>
      }
    >
      <Form onSubmit={() => (isReady ? start() : undefined)}>
        <AreaField
          label={t.broadcast.recipients}
          value={typed}
          onInput={setTyped}
          rows={6}
          isMono
          hint={people.good.length > 0 ? t.broadcast.recipientCount(count(people.good.length)) : t.people.hint}
          error={people.bad.length > 0 ? t.people.bad(people.bad[0] ?? "") : sending.at("recipients")}
        />
        <AreaField
          label={t.broadcast.message}
          value={message}
          onInput={setMessage}
          rows={4}
          error={sending.at("message")}
        />
        <TextField
          label={t.broadcast.delay}
          type="number"
          min={0.5}
          max={3600}
          step={0.5}
          value={delay}
          onInput={setDelay}
          error={isDelayGood ? sending.at("delay") : t.broadcast.delayWrong}
          hint={
            people.good.length > 1 && isDelayGood
              ? t.broadcast.takes(duration((people.good.length - 1) * seconds * RANDOM_PART))
              : t.broadcast.delayHint
          }
        />
        <CheckField
          label={t.broadcast.allowed}
          hint={t.broadcast.allowedHint}
          checked={isAllowed}
          onChange={setAllowed}
        />
        <FormError error={sending.error} />
      </Form>
    </Dialog>
  );
}
