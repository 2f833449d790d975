import { useEffect, useMemo, useState } from "preact/hooks";
import { fetchSystemSettings, type SystemSettings, saveSystemSettings } from "../../api/admin";
import { invalidate, useResource } from "../../data/resource";
import { external } from "../../logic/links";
import { done } from "../../state/toasts";
import { lookAround } from "../../state/viewer";
import { t } from "../../text/en";
import { Button } from "../../ui/button";
import { SwitchField, TextField } from "../../ui/field";
import { Form, FormError, useSending } from "../../ui/form";
import { Loaded } from "../../ui/states";

export function SystemSettingsTab() {
  const settings = useResource("system-settings", fetchSystemSettings);
  return <Loaded from={settings}>{(data) => <Editor settings={data} />}</Loaded>;
}

function Editor({ settings }: { settings: SystemSettings }) {
  const [draft, setDraft] = useState(settings);
  const sending = useSending();
  useEffect(() => setDraft(settings), [settings]);
  const zones = useMemo(() => Intl.supportedValuesOf("timeZone"), []);
  const set = (parts: Partial<SystemSettings>) => setDraft({ ...draft, ...parts });
  const isChanged = JSON.stringify(draft) !== JSON.stringify(settings);
  const isZoneGood = draft.timezone === "UTC" || zones.includes(draft.timezone);
  const isLink = (address: string) => address === "" || address.startsWith("/") || external(address) !== null;
  const isReady =
    isChanged && isZoneGood && draft.appName.trim() !== "" && isLink(draft.logoUrl) && isLink(draft.faviconUrl);
  const save = async () => {
    if (!(await sending.send(() => saveSystemSettings(draft)))) return;
    done(t.system.saved);
    invalidate("system-settings");
    await lookAround();
  };
  return (
    <Form onSubmit={() => (isReady ? save() : undefined)} class="form wide">
      <div class="section form">
        <TextField
          label={t.system.appName}
          value={draft.appName}
          onInput={(appName) => set({ appName })}
          maxLength={60}
          error={sending.at("appName")}
        />
        <TextField
          label={t.system.timezone}
          value={draft.timezone}
          onInput={(timezone) => set({ timezone })}
          list={["UTC", ...zones]}
          hint={t.system.timezoneHint}
          error={isZoneGood ? sending.at("timezone") : t.system.timezoneWrong}
          autocomplete="off"
        />
        <SwitchField
          label={t.system.registration}
          hint={t.system.registrationHint}
          checked={draft.enableRegistration}
          onChange={(enableRegistration) => set({ enableRegistration })}
        />
        <TextField
          label={t.system.logo}
          value={draft.logoUrl}
          onInput={(logoUrl) => set({ logoUrl })}
          hint={t.system.logoHint}
          error={isLink(draft.logoUrl) ? sending.at("logoUrl") : t.schema.notAnAddress}
        />
        <TextField
          label={t.system.favicon}
          value={draft.faviconUrl}
          onInput={(faviconUrl) => set({ faviconUrl })}
          error={isLink(draft.faviconUrl) ? sending.at("faviconUrl") : t.schema.notAnAddress}
        />
      </div>
      <FormError error={sending.error} />
      <div class="form-foot">
        <Button type="submit" look="primary" isBusy={sending.isBusy} disabled={!isReady}>
          {t.actions.save}
        </Button>
        {isChanged ? <Button onClick={() => setDraft(settings)}>{t.actions.discard}</Button> : null}
      </div>
    </Form>
  );
}
