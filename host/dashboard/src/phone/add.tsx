import { useState } from "preact/hooks";
import { addPhone } from "../api/sandbox";
import { t } from "../text/en";
import { Button } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { TextField } from "../ui/field";
import { Form, FormError, useSending } from "../ui/form";

const NAMES = ["Sam", "Carl", "Ann", "Bob", "Dora", "Eli", "Fay", "Gus", "Hana", "Ivo"];

/** Numbers that are set aside for stories. */
function nextNumber(taken: string[]): string {
  for (let n = 101; n < 200; n += 1) {
    const number = `12025550${n}`;
    if (!taken.includes(number)) return number;
  }
  return "";
}

interface Props {
  taken: string[];
  onClose: () => void;
  onAdded: (number: string) => void;
}

export function AddPhone({ taken, onClose, onAdded }: Props) {
  const [number, setNumber] = useState(nextNumber(taken));
  const [name, setName] = useState(NAMES[taken.length % NAMES.length] ?? "");
  const sending = useSending();
  const digits = number.replace(/\D/g, "");
  const isReady = digits.length >= 7 && digits.length <= 15 && name.trim() !== "";
  const add = () =>
    sending.send(async () => {
      await addPhone({ number: digits, name: name.trim() });
      onAdded(digits);
      onClose();
    });
  return (
    <Dialog
      title={t.phone.add}
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t.actions.cancel}</Button>
          <Button look="primary" isBusy={sending.isBusy} disabled={!isReady} onClick={add}>
            {t.phone.addVerb}
          </Button>
        </>
      }
    >
      <Form onSubmit={() => (isReady ? add() : undefined)}>
        <TextField
          label={t.phone.name}
          value={name}
          onInput={setName}
          maxLength={60}
          error={sending.at("name")}
          autocomplete="off"
        />
        <TextField
          label={t.phone.number}
          value={number}
          onInput={setNumber}
          inputMode="tel"
          hint={t.phone.numberHint}
          error={sending.at("number")}
          autocomplete="off"
          isMono
        />
        <FormError error={sending.error} />
        <button type="submit" hidden />
      </Form>
    </Dialog>
  );
}
