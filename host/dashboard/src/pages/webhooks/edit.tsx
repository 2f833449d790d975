import { KeyRound } from "lucide";
import { useState } from "preact/hooks";
import { createWebhook, EVENTS, editWebhook, type Webhook, type WebhookDraft } from "../../api/webhooks";
import { go, to } from "../../app/router";
import { invalidate } from "../../data/resource";
import { external } from "../../logic/links";
import { t } from "../../text/en";
import { Secret } from "../../ui/bits";
import { Button } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { CheckField, SelectField, TextField } from "../../ui/field";
import { Form, FormError, useSending } from "../../ui/form";
import { Notice } from "../../ui/states";

/** As Standard Webhooks wants it. */
function newSecret(): string {
  return `whsec_${btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(24))))}`;
}

export function EditWebhook({
  session,
  webhook,
  onClose,
}: {
  session: string;
  webhook: Webhook | null;
  onClose: () => void;
}) {
  const [name, setName] = useState(webhook?.name ?? "");
  const [url, setUrl] = useState(webhook?.url ?? "");
  const [secret, setSecret] = useState("");
  const [events, setEvents] = useState<string[]>(webhook?.events ?? ["message.received"]);
  const [timeout, setTimeoutText] = useState(webhook?.timeoutMs ? String(webhook.timeoutMs / 1000) : "");
  const [concurrency, setConcurrency] = useState(webhook?.concurrency ? String(webhook.concurrency) : "");
  const [version, setVersion] = useState(webhook?.payloadVersion ?? "");
  const [made, setMade] = useState<{ id: string; secret: string } | null>(null);
  const sending = useSending();
  const isAll = events.includes("*");
  const isUrlWrong = url.trim() !== "" && external(url.trim()) === null;
  const isReady = name.trim() !== "" && external(url.trim()) !== null && events.length > 0;

  const finish = (id: string) => {
    onClose();
    if (!webhook && id) go(to("webhooks", session, id));
  };
  const save = async () => {
    const draft: WebhookDraft = { name: name.trim(), url: url.trim(), events: isAll ? ["*"] : events };
    if (secret) draft.secret = secret;
    if (Number(timeout) > 0) draft.timeoutMs = Math.round(Number(timeout) * 1000);
    if (Number(concurrency) > 0) draft.concurrency = Math.round(Number(concurrency));
    if (version) draft.payloadVersion = version;
    await sending.send(async () => {
      if (webhook) await editWebhook(session, webhook.id, draft);
      const created = webhook ? null : await createWebhook(session, draft);
      invalidate(`webhooks:${session}`);
      // A secret that somebody set is known to them; one that the gateway made is shown this once.
      if (created?.secret && created.secret !== secret && !/^[*•]+/.test(created.secret))
        setMade({ id: created.id, secret: created.secret });
      else finish(created?.id ?? "");
    });
  };

  if (made) {
    return (
      <Dialog
        title={t.webhooks.secretTitle}
        onClose={() => finish(made.id)}
        isFirm
        footer={
          <Button look="primary" onClick={() => finish(made.id)}>
            {t.actions.savedIt}
          </Button>
        }
      >
        <Notice kind="warning">{t.webhooks.secretOnce}</Notice>
        <Secret value={made.secret} label={t.webhooks.secret} />
      </Dialog>
    );
  }
  return (
    <Dialog
      title={webhook ? t.webhooks.edit : t.webhooks.create}
      size="medium"
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t.actions.cancel}</Button>
          <Button look="primary" isBusy={sending.isBusy} disabled={!isReady} onClick={save}>
            {t.actions.save}
          </Button>
        </>
      }
    >
      <Form onSubmit={() => (isReady ? save() : undefined)}>
        <TextField
          label={t.webhooks.name}
          value={name}
          onInput={setName}
          maxLength={100}
          error={sending.at("name")}
          autocomplete="off"
        />
        <TextField
          label={t.webhooks.url}
          type="url"
          value={url}
          onInput={setUrl}
          placeholder="https://example.com/whatsapp"
          error={isUrlWrong ? t.schema.notAnAddress : sending.at("url")}
          autocomplete="off"
          isMono
        />
        <TextField
          label={t.webhooks.secret}
          value={secret}
          onInput={setSecret}
          hint={webhook ? t.webhooks.secretKeep : t.webhooks.secretHint}
          error={sending.at("secret")}
          autocomplete="off"
          isMono
        />
        {secret === "" ? (
          <div class="buttons">
            <Button isSmall icon={KeyRound} onClick={() => setSecret(newSecret())}>
              {t.webhooks.generate}
            </Button>
          </div>
        ) : null}
        <fieldset class="group">
          <legend>{t.webhooks.events}</legend>
          <CheckField
            label={t.webhooks.allEvents}
            hint={t.webhooks.allEventsHint}
            checked={isAll}
            onChange={(isOn) => setEvents(isOn ? ["*"] : ["message.received"])}
          />
          {isAll ? null : (
            <div class="check-grid">
              {EVENTS.map((one) => (
                <CheckField
                  key={one}
                  label={<code>{one}</code>}
                  checked={events.includes(one)}
                  onChange={(isOn) => setEvents(isOn ? [...events, one] : events.filter((other) => other !== one))}
                />
              ))}
            </div>
          )}
          {events.length === 0 ? <p class="field-error">{t.webhooks.noEvents}</p> : null}
        </fieldset>
        <details>
          <summary>{t.webhooks.more}</summary>
          <div class="pair">
            <TextField
              label={t.webhooks.timeout}
              type="number"
              value={timeout}
              onInput={setTimeoutText}
              min={1}
              max={60}
              error={sending.at("timeoutMs")}
            />
            <TextField
              label={t.webhooks.concurrency}
              type="number"
              value={concurrency}
              onInput={setConcurrency}
              min={1}
              max={64}
              error={sending.at("concurrency")}
            />
          </div>
          <SelectField
            label={t.webhooks.payloadVersion}
            value={version}
            onChange={setVersion}
            options={[
              { value: "", label: t.schema.unset },
              ...Object.entries(t.webhooks.payloadVersions).map(([value, label]) => ({ value, label })),
            ]}
            error={sending.at("payloadVersion")}
          />
        </details>
        <FormError error={sending.error} />
      </Form>
    </Dialog>
  );
}
