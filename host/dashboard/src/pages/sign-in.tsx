/** The way in; and the first account, or one more where registration is open. */

import { useState } from "preact/hooks";
import { type Info, register, signIn } from "../api/auth";
import { Brand } from "../app/brand";
import { lookAround } from "../state/viewer";
import { t } from "../text/en";
import { Button } from "../ui/button";
import { TextField } from "../ui/field";
import { Form, FormError, useSending } from "../ui/form";
import { useTitle } from "../ui/page";
import { Notice } from "../ui/states";

export const SHORTEST_PASSWORD = 12;

export function SignIn({ info }: { info: Info }) {
  const [isNew, setNew] = useState(info.needsSetup);
  return (
    <main class="centered sign-in" id="main" tabIndex={-1}>
      <div class="sign-in-box">
        <Brand name={info.appName} />
        {isNew ? <Register info={info} /> : <Enter />}
        {info.registrationOpen || info.needsSetup ? (
          <p class="sign-in-other">
            {isNew ? t.signIn.haveOne : t.signIn.noneYet}{" "}
            <button type="button" class="link" onClick={() => setNew(!isNew)}>
              {isNew ? t.signIn.title : t.signIn.create}
            </button>
          </p>
        ) : null}
        {info.sandbox ? <Notice kind="info">{t.signIn.sandbox}</Notice> : null}
      </div>
      <p class="faint small">
        wagate {info.version} · <a href="./licenses.txt">{t.signIn.licenses}</a>
      </p>
    </main>
  );
}

function Enter() {
  useTitle(t.signIn.title);
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const sending = useSending();
  const submit = async () => {
    if (await sending.send(() => signIn(email.trim(), password))) await lookAround();
    else setPassword("");
  };
  return (
    <Form onSubmit={submit}>
      <h1>{t.signIn.title}</h1>
      <TextField
        label={t.signIn.email}
        type="email"
        name="email"
        autocomplete="username"
        value={email}
        onInput={setEmail}
        error={sending.at("email")}
        isRequired
      />
      <TextField
        label={t.signIn.password}
        type="password"
        name="password"
        autocomplete="current-password"
        value={password}
        onInput={setPassword}
        error={sending.at("password")}
        isRequired
      />
      <FormError error={sending.error} />
      <Button look="primary" type="submit" isBusy={sending.isBusy} disabled={!email.trim() || !password}>
        {t.signIn.enter}
      </Button>
    </Form>
  );
}

function Register({ info }: { info: Info }) {
  useTitle(t.signIn.create);
  const [name, setName] = useState("");
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const sending = useSending();
  const isLong = [...password].length >= SHORTEST_PASSWORD;
  const submit = async () => {
    const isDone = await sending.send(async () => {
      await register(name.trim(), email.trim(), password);
      await signIn(email.trim(), password);
    });
    if (isDone) await lookAround();
  };
  return (
    <Form onSubmit={submit}>
      <h1>{t.signIn.create}</h1>
      {info.needsSetup ? <p class="hint">{t.signIn.firstText}</p> : null}
      <TextField
        label={t.signIn.name}
        name="name"
        autocomplete="name"
        value={name}
        onInput={setName}
        error={sending.at("name")}
        isRequired
      />
      <TextField
        label={t.signIn.email}
        type="email"
        name="email"
        autocomplete="username"
        value={email}
        onInput={setEmail}
        error={sending.at("email")}
        isRequired
      />
      <TextField
        label={t.signIn.password}
        type="password"
        name="password"
        autocomplete="new-password"
        value={password}
        onInput={setPassword}
        hint={t.signIn.passwordHint(SHORTEST_PASSWORD)}
        error={sending.at("password")}
        isRequired
      />
      <FormError error={sending.error} />
      <Button
        look="primary"
        type="submit"
        isBusy={sending.isBusy}
        disabled={name.trim().length < 2 || !email.includes("@") || !isLong}
      >
        {t.signIn.create}
      </Button>
    </Form>
  );
}
