/** Fields of forms: a label each, what is wrong with them beside them. */

import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

interface Around {
  label: string;
  hint?: ComponentChildren;
  error?: string | null | undefined;
  isLabelHidden?: boolean;
}

interface Wiring {
  id: string;
  "aria-describedby": string | undefined;
  "aria-invalid": boolean | undefined;
}

export function Field({
  label,
  hint,
  error,
  isLabelHidden,
  children,
}: Around & { children: (wiring: Wiring) => ComponentChildren }) {
  const id = useId();
  const described = [hint ? `${id}-hint` : "", error ? `${id}-error` : ""].filter(Boolean).join(" ");
  return (
    <div class={error ? "field wrong" : "field"}>
      <label for={id} class={isLabelHidden ? "unseen" : undefined}>
        {label}
      </label>
      {children({ id, "aria-describedby": described || undefined, "aria-invalid": error ? true : undefined })}
      {error ? (
        <p class="field-error" id={`${id}-error`}>
          {error}
        </p>
      ) : null}
      {hint ? (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      ) : null}
    </div>
  );
}

interface Text extends Around {
  value: string;
  onInput: (value: string) => void;
  type?: "text" | "email" | "password" | "url" | "number" | "tel" | "datetime-local" | "search";
  placeholder?: string;
  name?: string;
  autocomplete?: string;
  isRequired?: boolean;
  isMono?: boolean;
  isReadOnly?: boolean;
  maxLength?: number | undefined;
  min?: number | string | undefined;
  max?: number | string | undefined;
  step?: number | string;
  inputMode?: "text" | "numeric" | "tel" | "email" | "url";
  /** Suggestions. */
  list?: string[];
}

export function TextField(props: Text) {
  const {
    label,
    hint,
    error,
    isLabelHidden,
    value,
    onInput,
    isRequired,
    isMono,
    isReadOnly,
    list,
    type = "text",
    ...rest
  } = props;
  return (
    <Field label={label} hint={hint} error={error} isLabelHidden={isLabelHidden ?? false}>
      {(wiring) => (
        <>
          <input
            {...wiring}
            {...(rest as object)}
            // The types know which kinds of input go with a list; here it is the caller who does.
            {...({ type, list: list ? `${wiring.id}-list` : undefined } as { type: "text" })}
            class={isMono ? "mono" : undefined}
            value={value}
            required={isRequired}
            readOnly={isReadOnly}
            spellcheck={false}
            autocapitalize="off"
            onInput={(event) => onInput(event.currentTarget.value)}
          />
          {list ? (
            <datalist id={`${wiring.id}-list`}>
              {list.map((one) => (
                <option key={one} value={one} />
              ))}
            </datalist>
          ) : null}
        </>
      )}
    </Field>
  );
}

export function AreaField(
  props: Around & {
    value: string;
    onInput: (value: string) => void;
    rows?: number;
    isMono?: boolean;
    isRequired?: boolean;
    placeholder?: string;
    maxLength?: number;
  },
) {
  const {
    label,
    hint,
    error,
    isLabelHidden,
    value,
    onInput,
    rows = 4,
    isMono,
    isRequired,
    placeholder,
    maxLength,
  } = props;
  return (
    <Field label={label} hint={hint} error={error} isLabelHidden={isLabelHidden ?? false}>
      {(wiring) => (
        <textarea
          {...wiring}
          rows={rows}
          class={isMono ? "mono" : undefined}
          value={value}
          required={isRequired}
          placeholder={placeholder}
          maxLength={maxLength}
          onInput={(event) => onInput(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}

export interface Option {
  value: string;
  label: string;
}

export function SelectField(props: Around & { value: string; onChange: (value: string) => void; options: Option[] }) {
  const { label, hint, error, isLabelHidden, value, onChange, options } = props;
  return (
    <Field label={label} hint={hint} error={error} isLabelHidden={isLabelHidden ?? false}>
      {(wiring) => (
        <select {...wiring} value={value} onChange={(event) => onChange(event.currentTarget.value)}>
          {options.map((option) => (
            <option key={option.value} value={option.value} selected={option.value === value}>
              {option.label}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

interface Tick {
  label: ComponentChildren;
  hint?: ComponentChildren;
  checked: boolean;
  onChange: (checked: boolean) => void;
  disabled?: boolean;
}

export function CheckField({ label, hint, checked, onChange, disabled }: Tick) {
  return (
    <Ticked label={label} hint={hint} checked={checked} onChange={onChange} disabled={disabled} isSwitch={false} />
  );
}

/** For what works at once, or is simply on or off. */
export function SwitchField({ label, hint, checked, onChange, disabled }: Tick) {
  return <Ticked label={label} hint={hint} checked={checked} onChange={onChange} disabled={disabled} isSwitch />;
}

function Ticked({
  label,
  hint,
  checked,
  onChange,
  disabled,
  isSwitch,
}: Tick & { disabled: boolean | undefined; isSwitch: boolean }) {
  const id = useId();
  return (
    <div class={isSwitch ? "tick switch" : "tick"}>
      <input
        id={id}
        type="checkbox"
        role={isSwitch ? "switch" : undefined}
        checked={checked}
        disabled={disabled}
        aria-describedby={hint ? `${id}-hint` : undefined}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
      <div>
        <label for={id}>{label}</label>
        {hint ? (
          <p class="hint" id={`${id}-hint`}>
            {hint}
          </p>
        ) : null}
      </div>
    </div>
  );
}
