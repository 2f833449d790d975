/** A chat with somebody who has none yet: the number is looked up first. */

import { useState } from "preact/hooks";
import { checkNumbers } from "../../api/chats";
import { ApiError } from "../../api/error";
import { go, to } from "../../app/router";
import { fromInput, userOf } from "../../logic/jid";
import { t } from "../../text/en";
import { Button } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { TextField } from "../../ui/field";
import { Form, FormError, useSending } from "../../ui/form";

export function NewChat({ session, onClose }: { session: string; onClose: () => void }) {
  const [typed, setTyped] = useState("");
  const sending = useSending();
  const jid = fromInput(typed);

  const open = () =>
    sending.send(async () => {
      if (!jid) return;
      let found = jid;
      if (jid.endsWith("@s.whatsapp.net")) {
        const [answer] = await checkNumbers(session, [userOf(jid)]);
        if (!answer?.exists) throw new ApiError({ status: 404, message: answer?.error ?? t.chats.notOnWhatsApp });
        found = answer.jid ?? jid;
      }
      onClose();
      go(to("chats", session, found));
    });

  return (
    <Dialog
      title={t.chats.new}
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t.actions.cancel}</Button>
          <Button look="primary" isBusy={sending.isBusy} disabled={!jid} onClick={open}>
            {t.chats.open}
          </Button>
        </>
      }
    >
      <Form onSubmit={() => (jid ? open() : undefined)}>
        <TextField
          label={t.chats.number}
          value={typed}
          onInput={setTyped}
          placeholder="+1 202 555 0102"
          hint={t.chats.numberHint}
          inputMode="tel"
          autocomplete="off"
        />
        <FormError error={sending.error} />
        <button type="submit" hidden />
      </Form>
    </Dialog>
  );
}
