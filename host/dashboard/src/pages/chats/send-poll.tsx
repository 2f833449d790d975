import { useState } from "preact/hooks";
import { sendPoll } from "../../api/chats";
import { t } from "../../text/en";
import { Button } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { AreaField, CheckField, TextField } from "../../ui/field";
import { Form, FormError, useSending } from "../../ui/form";

const MOST = 12;

export function SendPoll({ session, jid, onClose }: { session: string; jid: string; onClose: () => void }) {
  const [question, setQuestion] = useState("");
  const [lines, setLines] = useState("");
  const [isMany, setMany] = useState(false);
  const sending = useSending();
  const options = [
    ...new Set(
      lines
        .split("\n")
        .map((line) => line.trim())
        .filter(Boolean),
    ),
  ];
  const isReady = question.trim() !== "" && options.length >= 2 && options.length <= MOST;
  const send = async () => {
    const poll = { question: question.trim(), options, selectableCount: isMany ? options.length : 1 };
    if (await sending.send(() => sendPoll(session, jid, poll))) onClose();
  };
  return (
    <Dialog
      title={t.chats.poll}
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t.actions.cancel}</Button>
          <Button look="primary" isBusy={sending.isBusy} disabled={!isReady} onClick={send}>
            {t.chats.send}
          </Button>
        </>
      }
    >
      <Form onSubmit={() => (isReady ? send() : undefined)}>
        <TextField label={t.chats.question} value={question} onInput={setQuestion} error={sending.at("question")} />
        <AreaField
          label={t.chats.options}
          value={lines}
          onInput={setLines}
          rows={4}
          hint={t.chats.optionsHint(MOST)}
          error={options.length > MOST ? t.chats.tooManyOptions(MOST) : sending.at("options")}
        />
        <CheckField label={t.chats.severalAnswers} checked={isMany} onChange={setMany} />
        <FormError error={sending.error} />
      </Form>
    </Dialog>
  );
}
