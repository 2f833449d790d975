/** The person who is signed in, and how this browser shows the page. */

import { MonitorOff } from "lucide";
import { useState } from "preact/hooks";
import { changeMyself } from "../api/admin";
import { type Theme, theme } from "../state/prefs";
import { done } from "../state/toasts";
import { lookAround, signOut, viewer } from "../state/viewer";
import { t } from "../text/en";
import { Choices, Facts, Name } from "../ui/bits";
import { Button, ButtonLink } from "../ui/button";
import { confirm } from "../ui/confirm";
import { TextField } from "../ui/field";
import { Form, FormError, useSending } from "../ui/form";
import { Page, Section } from "../ui/page";
import { SHORTEST_PASSWORD } from "./sign-in";

export default function Account() {
  const person = viewer.value;
  if (!person) return null;
  const everywhere = async () => {
    const isSure = await confirm({
      title: t.user.everywhere,
      text: <p>{t.user.everywhereText}</p>,
      verb: t.user.everywhere,
    });
    if (isSure) await signOut(true);
  };
  return (
    <Page title={t.user.account} width="narrow">
      <Section title={t.user.person}>
        <Facts
          of={[
            [t.signIn.name, <Name of={person.name} />],
            [t.signIn.email, person.email],
            [t.users.role, t.roles[person.role]],
          ]}
        />
        <p class="hint">{t.users.roleHints[person.role]}</p>
      </Section>
      <ChangeMyself name={person.name} />
      <Section title={t.theme.title}>
        <Choices
          label={t.theme.title}
          value={theme.value}
          onChange={(value: Theme) => {
            theme.value = value;
          }}
          of={[
            { id: "system", label: t.theme.system },
            { id: "light", label: t.theme.light },
            { id: "dark", label: t.theme.dark },
          ]}
        />
      </Section>
      <Section title={t.user.security}>
        <div class="buttons">
          <ButtonLink href="#/keys">{t.keys.title}</ButtonLink>
          <Button icon={MonitorOff} onClick={everywhere}>
            {t.user.everywhere}
          </Button>
        </div>
      </Section>
    </Page>
  );
}

/** Another password needs the one of now, and ends the other logins. */
function ChangeMyself({ name: before }: { name: string }) {
  const [name, setName] = useState(before);
  const [current, setCurrent] = useState("");
  const [password, setPassword] = useState("");
  const sending = useSending();
  const hasPassword = password !== "" || current !== "";
  const isPasswordGood = !hasPassword || (current !== "" && [...password].length >= SHORTEST_PASSWORD);
  const isReady = name.trim().length >= 2 && isPasswordGood && (name.trim() !== before || hasPassword);
  const save = async () => {
    const change = {
      ...(name.trim() === before ? {} : { name: name.trim() }),
      ...(hasPassword ? { password, currentPassword: current } : {}),
    };
    if (!(await sending.send(() => changeMyself(change)))) return;
    done(t.users.saved);
    setCurrent("");
    setPassword("");
    await lookAround();
  };
  return (
    <Section title={t.user.change}>
      <Form onSubmit={() => (isReady ? save() : undefined)}>
        <TextField
          label={t.signIn.name}
          value={name}
          onInput={setName}
          error={sending.at("name")}
          autocomplete="name"
          maxLength={100}
        />
        <div class="pair">
          <TextField
            label={t.user.currentPassword}
            type="password"
            value={current}
            onInput={setCurrent}
            error={sending.at("currentPassword")}
            autocomplete="current-password"
          />
          <TextField
            label={t.user.newPassword}
            type="password"
            value={password}
            onInput={setPassword}
            hint={t.signIn.passwordHint(SHORTEST_PASSWORD)}
            error={sending.at("password")}
            autocomplete="new-password"
          />
        </div>
        <FormError error={sending.error} />
        <div class="form-foot">
          <Button type="submit" look="primary" isBusy={sending.isBusy} disabled={!isReady}>
            {t.actions.save}
          </Button>
        </div>
      </Form>
    </Section>
  );
}
