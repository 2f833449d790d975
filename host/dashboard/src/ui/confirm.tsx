/** "Are you sure?", asked from anywhere: `if (await confirm({...}))`. */

import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { t } from "../text/en";
import { Button } from "./button";
import { Dialog } from "./dialog";
import { TextField } from "./field";

interface Question {
  title: string;
  text: ComponentChildren;
  /** What the button does, as a verb. */
  verb: string;
  isDanger?: boolean;
  /** Has to be typed before the button works: for what cannot be undone. */
  mustType?: string;
}

const asked = signal<(Question & { answer: (yes: boolean) => void }) | null>(null);

export function confirm(question: Question): Promise<boolean> {
  asked.peek()?.answer(false);
  return new Promise((resolve) => {
    asked.value = {
      ...question,
      answer: (yes) => {
        asked.value = null;
        resolve(yes);
      },
    };
  });
}

export function ConfirmHost() {
  const question = asked.value;
  return question ? <Asked key={question.title} question={question} /> : null;
}

function Asked({ question }: { question: NonNullable<typeof asked.value> }) {
  const [typed, setTyped] = useState("");
  const isReady = question.mustType === undefined || typed.trim() === question.mustType;
  return (
    <Dialog
      title={question.title}
      onClose={() => question.answer(false)}
      footer={
        <>
          <Button onClick={() => question.answer(false)}>{t.actions.cancel}</Button>
          <Button
            look={question.isDanger ? "danger" : "primary"}
            disabled={!isReady}
            onClick={() => question.answer(true)}
          >
            {question.verb}
          </Button>
        </>
      }
    >
      <div class="prose">{question.text}</div>
      {question.mustType !== undefined ? (
        <TextField
          label={t.actions.typeToConfirm(question.mustType)}
          value={typed}
          onInput={setTyped}
          isMono
          autocomplete="off"
        />
      ) : null}
    </Dialog>
  );
}
