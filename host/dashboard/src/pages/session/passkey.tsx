/** Accounts guarded by a passkey: the challenge goes out, the answer comes back, then two codes are compared. */

import { useState } from "preact/hooks";
import { answerPasskey, fetchPasskey } from "../../api/sessions";
import { invalidate, useResource } from "../../data/resource";
import { done } from "../../state/toasts";
import { t } from "../../text/en";
import { CopyButton } from "../../ui/bits";
import { Button } from "../../ui/button";
import { AreaField } from "../../ui/field";
import { Form, FormError, useSending } from "../../ui/form";
import { Section } from "../../ui/page";
import { Loaded } from "../../ui/states";

export function PasskeyPanel({ slug }: { slug: string }) {
  const passkey = useResource(`passkey:${slug}`, (signal) => fetchPasskey(slug, signal), 5_000);
  const [typed, setTyped] = useState("");
  const sending = useSending();
  const parsed = parse(typed);
  const answer = async (body: Parameters<typeof answerPasskey>[1]) => {
    if (!(await sending.send(() => answerPasskey(slug, body)))) return;
    done(t.passkey.sent);
    setTyped("");
    invalidate(`passkey:${slug}`);
    invalidate(`session:${slug}`);
  };
  return (
    <Section title={t.passkey.title} text={t.passkey.text}>
      <Loaded from={passkey} rows={3}>
        {(asked) =>
          asked.stage === "confirmation" ? (
            <>
              <p>{t.passkey.code}</p>
              <p class="pair-code">
                <code>{asked.code}</code>
              </p>
              <Button look="primary" isBusy={sending.isBusy} onClick={() => answer({ confirm: true })}>
                {t.passkey.confirm}
              </Button>
            </>
          ) : (
            <Form onSubmit={() => (parsed ? answer({ assertion: parsed }) : undefined)}>
              <CopyButton text={JSON.stringify(asked.options)} label={t.passkey.copyOptions} isSmall={false} />
              <AreaField
                label={t.passkey.assertion}
                value={typed}
                onInput={setTyped}
                rows={5}
                isMono
                error={typed.trim() !== "" && !parsed ? t.passkey.notJson : sending.at("assertion")}
              />
              <Button type="submit" look="primary" isBusy={sending.isBusy} disabled={!parsed}>
                {t.passkey.send}
              </Button>
            </Form>
          )
        }
      </Loaded>
      <FormError error={sending.error} />
    </Section>
  );
}

function parse(typed: string): unknown {
  try {
    return JSON.parse(typed);
  } catch {
    return null;
  }
}
