/** How a session behaves. */

import { useEffect, useState } from "preact/hooks";
import type { Json } from "../../api/read";
import { fetchSettings, isOn, saveSettings } from "../../api/sessions";
import { invalidate, useResource } from "../../data/resource";
import { done } from "../../state/toasts";
import { t } from "../../text/en";
import { Button } from "../../ui/button";
import { AreaField, SwitchField, TextField } from "../../ui/field";
import { Form, FormError, useSending } from "../../ui/form";
import { Section } from "../../ui/page";
import { Loaded } from "../../ui/states";

const PRIVACY = ["readReceipts", "ghostMode", "alwaysOnline", "autoRead"] as const;
/** On where nobody has decided. */
const ON = ["readReceipts"];

export function Settings({ slug }: { slug: string }) {
  const settings = useResource(`settings:${slug}`, (signal) => fetchSettings(slug, signal));
  return <Loaded from={settings}>{(config) => <Editor slug={slug} config={config} />}</Loaded>;
}

function Editor({ slug, config }: { slug: string; config: Json }) {
  const [draft, setDraft] = useState<Json>(config);
  const sending = useSending();
  useEffect(() => setDraft(config), [config]);

  const set = (key: string, value: unknown) => setDraft({ ...draft, [key]: value });
  const toggle = (key: keyof typeof t.settings.of) => (
    <SwitchField
      key={key}
      label={t.settings.of[key].label}
      hint={t.settings.of[key].hint}
      checked={isOn(draft, key, ON.includes(key))}
      onChange={(value) => set(key, value)}
    />
  );
  const isChanged = JSON.stringify(draft) !== JSON.stringify(config);
  const save = async () => {
    if (!(await sending.send(() => saveSettings(slug, changes(config, draft))))) return;
    done(t.settings.saved);
    invalidate(`settings:${slug}`);
  };
  const textOf = (key: string) => (typeof draft[key] === "string" ? draft[key] : "");
  // Two gateways, two names.
  const rejectKey = "rejectCallText" in config ? "rejectCallText" : "rejectCallMessage";
  return (
    <Form onSubmit={save} class="form wide">
      <Section title={t.settings.privacy}>
        <div class="switches">{PRIVACY.map(toggle)}</div>
      </Section>
      <Section title={t.settings.calls}>
        <div class="switches">
          {toggle("rejectCalls")}
          {isOn(draft, "rejectCalls") ? (
            <AreaField
              label={t.settings.rejectText}
              rows={2}
              maxLength={1000}
              value={textOf(rejectKey)}
              onInput={(value) => set(rejectKey, value)}
              hint={t.settings.rejectTextHint}
              error={sending.at("rejectCallMessage", "rejectCallText")}
            />
          ) : null}
        </div>
      </Section>
      <Section title={t.settings.messages}>
        <div class="switches">{toggle("antiDelete")}</div>
      </Section>
      <Section title={t.settings.network}>
        <TextField
          label={t.settings.proxy}
          value={textOf("proxy")}
          onInput={(value) => set("proxy", value)}
          placeholder="socks5://user:password@proxy.example.com:1080"
          hint={t.settings.proxyHint}
          error={sending.at("proxy")}
          autocomplete="off"
          isMono
        />
      </Section>
      <FormError error={sending.error} />
      <div class="form-foot">
        <Button type="submit" look="primary" isBusy={sending.isBusy} disabled={!isChanged}>
          {t.actions.save}
        </Button>
        {isChanged ? <Button onClick={() => setDraft(config)}>{t.actions.discard}</Button> : null}
      </div>
    </Form>
  );
}

/** What to send: keys that changed, null for those that were emptied. */
export function changes(before: Json, after: Json): Json {
  const changed = Object.entries(after).filter(([key, value]) => (before[key] ?? "") !== value);
  return Object.fromEntries(changed.map(([key, value]) => [key, value === "" ? null : value]));
}
