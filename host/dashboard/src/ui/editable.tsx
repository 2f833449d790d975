/** A text that can be changed where it stands. */

import { Pencil } from "lucide";
import { useState } from "preact/hooks";
import { t } from "../text/en";
import { Button, IconButton } from "./button";
import { AreaField, TextField } from "./field";
import { Form, FormError, useSending } from "./form";

interface Props {
  label: string;
  value: string;
  placeholder?: string;
  maxLength: number;
  isLong?: boolean;
  isRequired?: boolean;
  onSave: (value: string) => Promise<unknown>;
}

export function EditableText({ label, value, placeholder, maxLength, isLong, isRequired, onSave }: Props) {
  const [draft, setDraft] = useState<string | null>(null);
  const sending = useSending();
  if (draft === null) {
    return (
      <div class="editable">
        <div>
          <p class="editable-label">{label}</p>
          <p class={value ? "editable-value" : "editable-value faint"}>
            <bdi>{value || placeholder}</bdi>
          </p>
        </div>
        <IconButton icon={Pencil} label={t.actions.edit(label)} onClick={() => setDraft(value)} />
      </div>
    );
  }
  const isReady = draft.trim() !== value && (!isRequired || draft.trim() !== "");
  const save = async () => {
    if (await sending.send(() => onSave(draft.trim()))) setDraft(null);
  };
  const cancel = () => {
    sending.clear();
    setDraft(null);
  };
  const hint = t.actions.charactersLeft(maxLength - [...draft].length);
  return (
    <Form onSubmit={() => (isReady ? save() : undefined)} class="form editable-form">
      {isLong ? (
        <AreaField label={label} value={draft} onInput={setDraft} maxLength={maxLength} rows={3} hint={hint} />
      ) : (
        <TextField label={label} value={draft} onInput={setDraft} maxLength={maxLength} hint={hint} />
      )}
      <FormError error={sending.error} />
      <div class="buttons">
        <Button type="submit" look="primary" isSmall isBusy={sending.isBusy} disabled={!isReady}>
          {t.actions.save}
        </Button>
        <Button isSmall onClick={cancel}>
          {t.actions.cancel}
        </Button>
      </div>
    </Form>
  );
}
