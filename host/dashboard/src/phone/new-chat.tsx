/** Somebody to write to, or several: then it is a group. */

import { useState } from "preact/hooks";
import { createRoom, type Phone } from "../api/sandbox";
import { go } from "../app/router";
import { display } from "../logic/jid";
import { t } from "../text/en";
import { Choices } from "../ui/bits";
import { Button } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { CheckField, TextField } from "../ui/field";
import { Form, FormError, useSending } from "../ui/form";

export function NewPhoneChat({
  phone,
  phones,
  onClose,
  onMade,
}: {
  phone: Phone;
  phones: Phone[];
  onClose: () => void;
  onMade: () => void;
}) {
  const [kind, setKind] = useState<"person" | "group">("person");
  const [subject, setSubject] = useState("");
  const [members, setMembers] = useState<string[]>([]);
  const sending = useSending();
  const others = phones.filter((one) => one.number !== phone.number);
  const openChat = (jid: string) => {
    onClose();
    go(`#/phone/${phone.number}/${encodeURIComponent(jid)}`);
  };
  const isReady = subject.trim() !== "" && members.length > 0;
  const make = () =>
    sending.send(async () => {
      const jid = await createRoom(phone.number, subject.trim(), members);
      onMade();
      openChat(jid);
    });
  return (
    <Dialog
      title={t.phone.newChat}
      onClose={onClose}
      footer={
        kind === "group" ? (
          <>
            <Button onClick={onClose}>{t.actions.cancel}</Button>
            <Button look="primary" isBusy={sending.isBusy} disabled={!isReady} onClick={make}>
              {t.groups.createVerb}
            </Button>
          </>
        ) : undefined
      }
    >
      <Choices
        label={t.phone.newChat}
        value={kind}
        onChange={setKind}
        of={[
          { id: "person", label: t.phone.person },
          { id: "group", label: t.phone.group },
        ]}
      />
      {others.length === 0 ? <p class="hint">{t.phone.nobody}</p> : null}
      {kind === "person" ? (
        <ul class="side-list">
          {others.map((one) => (
            <li key={one.number} class="side-item">
              <div>
                <bdi>{one.name}</bdi>
                <small>{display(one.jid)}</small>
              </div>
              <Button isSmall onClick={() => openChat(one.jid)} aria-label={t.phone.writeTo(one.name)}>
                {t.phone.write}
              </Button>
            </li>
          ))}
        </ul>
      ) : (
        <Form onSubmit={() => (isReady ? make() : undefined)}>
          <TextField
            label={t.groups.subject}
            value={subject}
            onInput={setSubject}
            maxLength={100}
            error={sending.at("subject")}
          />
          <div class="checks">
            {others.map((one) => (
              <CheckField
                key={one.number}
                label={<bdi>{one.name}</bdi>}
                hint={display(one.jid)}
                checked={members.includes(one.number)}
                onChange={(isOn) =>
                  setMembers(isOn ? [...members, one.number] : members.filter((other) => other !== one.number))
                }
              />
            ))}
          </div>
          <FormError error={sending.error} />
        </Form>
      )}
    </Dialog>
  );
}
