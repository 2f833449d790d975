/** Who else may use a session. */

import { UserRoundPlus, UsersRound } from "lucide";
import { useState } from "preact/hooks";
import { fetchAccess, type Grant, grantAccess, revokeAccess } from "../../api/sessions";
import { invalidate, useResource } from "../../data/resource";
import { attempt, done } from "../../state/toasts";
import { t } from "../../text/en";
import { Ago, Avatar, Name } from "../../ui/bits";
import { Button } from "../../ui/button";
import { confirm } from "../../ui/confirm";
import { TextField } from "../../ui/field";
import { Form, FormError, useSending } from "../../ui/form";
import { Section } from "../../ui/page";
import { Empty, Loaded } from "../../ui/states";

export function Access({ slug }: { slug: string }) {
  const grants = useResource(`access:${slug}`, (signal) => fetchAccess(slug, signal));
  const [email, setEmail] = useState("");
  const sending = useSending();

  const grant = async () => {
    if (!(await sending.send(() => grantAccess(slug, email.trim())))) return;
    done(t.access.granted(email.trim()));
    setEmail("");
    invalidate(`access:${slug}`);
  };
  const revoke = async (one: Grant) => {
    const isSure = await confirm({
      title: t.access.revokeTitle(one.name),
      text: <p>{t.access.revokeText}</p>,
      verb: t.access.revoke,
      isDanger: true,
    });
    if (isSure && (await attempt(() => revokeAccess(slug, one.userId), t.access.revoked))) invalidate(`access:${slug}`);
  };

  return (
    <Section title={t.access.title} text={t.access.text}>
      <Form onSubmit={grant} class="form inline">
        <TextField
          label={t.access.email}
          type="email"
          value={email}
          onInput={setEmail}
          placeholder="sam@example.com"
          error={sending.at("email")}
          autocomplete="off"
        />
        <Button type="submit" icon={UserRoundPlus} isBusy={sending.isBusy} disabled={!email.includes("@")}>
          {t.access.grant}
        </Button>
      </Form>
      <FormError error={sending.error} />
      <Loaded from={grants} rows={3}>
        {(list) =>
          list.length === 0 ? (
            <Empty icon={UsersRound} title={t.access.emptyTitle}>
              <p>{t.access.emptyText}</p>
            </Empty>
          ) : (
            <ul class="rows">
              {list.map((one) => (
                <li key={one.userId} class="row">
                  <Avatar name={one.name} id={one.userId} size={32} />
                  <div class="row-main">
                    <strong>
                      <Name of={one.name} />
                    </strong>
                    <small>{one.email}</small>
                  </div>
                  <span class="faint small">
                    <Ago at={one.since} />
                  </span>
                  <Button isSmall onClick={() => revoke(one)}>
                    {t.access.revoke}
                  </Button>
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
    </Section>
  );
}
