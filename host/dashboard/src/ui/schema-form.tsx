/** Fields drawn from a JSON Schema. */

import { Plus, Trash2 } from "lucide";
import { useState } from "preact/hooks";
import { isRecord, type Json } from "../api/read";
import { blank, type Field, type Problem, type Shape } from "../logic/schema";
import { t } from "../text/en";
import { Button, IconButton } from "./button";
import { AreaField, SelectField, SwitchField, TextField } from "./field";

interface Common {
  problems: Problem[];
  /** What the gateway said, by path or by name. */
  errors: Record<string, string>;
}

export function SchemaFields(
  props: Common & { fields: Field[]; value: Json; onChange: (value: Json) => void; path?: string },
) {
  const { fields, value, onChange, path = "", ...common } = props;
  return (
    <div class="schema">
      {fields.map((field) => (
        <One
          key={field.key}
          {...common}
          shape={field.shape}
          label={field.title}
          hint={field.description}
          path={path === "" ? field.key : `${path}.${field.key}`}
          value={value[field.key]}
          onChange={(next) => onChange({ ...value, [field.key]: next })}
        />
      ))}
    </div>
  );
}

interface OneProps extends Common {
  shape: Shape;
  label: string;
  hint: string;
  path: string;
  value: unknown;
  onChange: (value: unknown) => void;
}

function One(props: OneProps) {
  const { shape, label, hint, path, value, problems, errors } = props;
  const [isTouched, setTouched] = useState(false);
  const onChange = (next: unknown) => {
    setTouched(true);
    props.onChange(next);
  };
  const problem = problems.find((one) => one.path === path)?.text;
  // Nobody has made a mistake before the first letter.
  const isToCome = problem === t.schema.required && !isTouched;
  const error = (isToCome ? null : problem) ?? errors[path] ?? errors[`settings.${path}`] ?? null;
  const said = isToCome ? [hint, problem].filter(Boolean).join(" ") : hint;
  const common = { label, hint: said || undefined, error };
  switch (shape.kind) {
    case "text": {
      const text = typeof value === "string" ? value : value === undefined || value === null ? "" : String(value);
      if (shape.isLong) return <AreaField {...common} value={text} onInput={onChange} rows={3} />;
      return (
        <TextField
          {...common}
          value={text}
          onInput={onChange}
          type={shape.isSecret ? "password" : "text"}
          autocomplete="off"
        />
      );
    }
    case "number":
      return (
        <TextField
          {...common}
          type="number"
          value={value === undefined || value === null ? "" : String(value)}
          min={shape.min ?? undefined}
          max={shape.max ?? undefined}
          step={shape.isInteger ? 1 : "any"}
          onInput={onChange}
        />
      );
    case "choice":
      return (
        <SelectField
          {...common}
          value={value === undefined || value === null ? "" : String(value)}
          onChange={onChange}
          options={[
            { value: "", label: t.schema.unset },
            ...shape.options.map((option) => ({ value: String(option.value), label: option.label })),
          ]}
        />
      );
    case "switch":
      return <SwitchField label={label} hint={hint || undefined} checked={value === true} onChange={onChange} />;
    case "group":
      return (
        <fieldset class="group">
          <legend>{label}</legend>
          {hint ? <p class="hint">{hint}</p> : null}
          <SchemaFields
            fields={shape.fields}
            value={isRecord(value) ? value : {}}
            onChange={onChange}
            path={path}
            problems={problems}
            errors={errors}
          />
        </fieldset>
      );
    case "list":
      return <List {...props} shape={shape} error={error} />;
    case "json":
      return (
        <AreaField
          {...common}
          isMono
          rows={5}
          value={typeof value === "string" ? value : value === undefined ? "" : JSON.stringify(value, null, 2)}
          onInput={onChange}
        />
      );
  }
}

function List(props: OneProps & { shape: Extract<Shape, { kind: "list" }>; error: string | null }) {
  const { shape, label, hint, path, onChange, error } = props;
  const entries = Array.isArray(props.value) ? props.value : [];
  const isFull = shape.max !== null && entries.length >= shape.max;
  return (
    <fieldset class="group list">
      <legend>{label}</legend>
      {hint ? <p class="hint">{hint}</p> : null}
      {error ? <p class="field-error">{error}</p> : null}
      <ol>
        {entries.map((entry, index) => (
          // Entries have no names of their own.
          <li key={index}>
            <div class="list-entry">
              {shape.of.kind === "group" ? (
                <SchemaFields
                  fields={shape.of.fields}
                  value={isRecord(entry) ? entry : {}}
                  onChange={(next) => onChange(entries.with(index, next))}
                  path={`${path}.${index}`}
                  problems={props.problems}
                  errors={props.errors}
                />
              ) : (
                <One
                  shape={shape.of}
                  label={t.schema.entry(index + 1)}
                  hint=""
                  path={`${path}.${index}`}
                  value={entry}
                  onChange={(next) => onChange(entries.with(index, next))}
                  problems={props.problems}
                  errors={props.errors}
                />
              )}
            </div>
            <IconButton
              icon={Trash2}
              label={t.schema.removeEntry(index + 1)}
              onClick={() => onChange(entries.toSpliced(index, 1))}
            />
          </li>
        ))}
      </ol>
      <Button isSmall icon={Plus} disabled={isFull} onClick={() => onChange([...entries, blank(shape.of)])}>
        {t.schema.add}
      </Button>
      {isFull ? <p class="hint">{t.schema.full}</p> : null}
    </fieldset>
  );
}
