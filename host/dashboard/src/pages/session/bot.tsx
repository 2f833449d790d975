/** The bot of a session: commands in chats, who is answered, pacing. The fields are the contract's. */

import { useEffect, useMemo, useState } from "preact/hooks";
import type { Json } from "../../api/read";
import { fetchBotConfig, saveBotConfig } from "../../api/sessions";
import { invalidate, useResource } from "../../data/resource";
import { fieldsOf, problems, toSend } from "../../logic/schema";
import { done } from "../../state/toasts";
import { t } from "../../text/en";
import { Button } from "../../ui/button";
import { Form, FormError, useSending } from "../../ui/form";
import { SchemaFields } from "../../ui/schema-form";
import { Loaded } from "../../ui/states";

const MODES = ["OWNER", "ALL", "SPECIFIC", "BLACKLIST"];
const NUMBERS = { type: "array", items: { type: "string" } };
const b = t.bot.fields;

const SCHEMA = {
  properties: {
    enabled: { type: "boolean", ...b.enabled },
    botName: { type: "string", maxLength: 100, ...b.botName },
    prefix: { type: "string", minLength: 1, maxLength: 5, ...b.prefix },
    botMode: {
      oneOf: MODES.map((mode) => ({ const: mode, title: t.bot.modes[mode as keyof typeof t.bot.modes] })),
      ...b.botMode,
    },
    botAllowedJids: { ...NUMBERS, ...b.botAllowedJids },
    botBlockedJids: { ...NUMBERS, ...b.botBlockedJids },
    autoReplyMode: {
      oneOf: MODES.map((mode) => ({ const: mode, title: t.bot.modes[mode as keyof typeof t.bot.modes] })),
      ...b.autoReplyMode,
    },
    autoReplyAllowedJids: { ...NUMBERS, ...b.autoReplyAllowedJids },
    autoReplyBlockedJids: { ...NUMBERS, ...b.autoReplyBlockedJids },
    welcomeMessage: { type: "string", maxLength: 1000, ...b.welcomeMessage },
    enablePing: { type: "boolean", ...b.enablePing },
    enableUptime: { type: "boolean", ...b.enableUptime },
    enableSticker: { type: "boolean", ...b.enableSticker },
    enableVideoSticker: { type: "boolean", ...b.enableVideoSticker },
    maxStickerDuration: { type: "integer", minimum: 1, maximum: 60, ...b.maxStickerDuration },
    antiSpamEnabled: { type: "boolean", ...b.antiSpamEnabled },
    spamLimit: { type: "integer", minimum: 1, ...b.spamLimit },
    spamInterval: { type: "integer", minimum: 1, ...b.spamInterval },
    spamDelayMin: { type: "integer", minimum: 0, ...b.spamDelayMin },
    spamDelayMax: { type: "integer", minimum: 0, ...b.spamDelayMax },
  },
};

export function BotTab({ slug }: { slug: string }) {
  const config = useResource(`bot:${slug}`, (signal) => fetchBotConfig(slug, signal));
  return <Loaded from={config}>{(data) => <Editor slug={slug} config={data} />}</Loaded>;
}

/** Lists of one mode are of no use in another. */
function relevant(key: string, draft: Json): boolean {
  const of = (mode: unknown, kind: "SPECIFIC" | "BLACKLIST") => mode === kind;
  if (key === "botAllowedJids") return of(draft.botMode, "SPECIFIC");
  if (key === "botBlockedJids") return of(draft.botMode, "BLACKLIST");
  if (key === "autoReplyAllowedJids") return of(draft.autoReplyMode, "SPECIFIC");
  if (key === "autoReplyBlockedJids") return of(draft.autoReplyMode, "BLACKLIST");
  if (key === "enableVideoSticker" || key === "maxStickerDuration") return draft.enableSticker !== false;
  if (key.startsWith("spam")) return draft.antiSpamEnabled === true;
  return true;
}

function Editor({ slug, config }: { slug: string; config: Json }) {
  const [draft, setDraft] = useState(config);
  const sending = useSending();
  useEffect(() => setDraft(config), [config]);
  const all = useMemo(() => fieldsOf(SCHEMA), []);
  const fields = all.filter((field) => relevant(field.key, draft));
  const found = problems(fields, draft, t.schema);
  const isChanged = JSON.stringify(draft) !== JSON.stringify(config);

  const save = async () => {
    const sent = toSend(all, draft);
    const body = Object.fromEntries(
      all.map((field) => [field.key, sent[field.key] ?? null]).filter(([, value]) => value !== null),
    );
    if (config.welcomeMessage && !body.welcomeMessage) body.welcomeMessage = null;
    if (!(await sending.send(() => saveBotConfig(slug, body)))) return;
    done(t.bot.saved);
    invalidate(`bot:${slug}`);
  };

  return (
    <Form onSubmit={() => (found.length === 0 ? save() : undefined)} class="form wide">
      <p class="hint">{t.bot.text}</p>
      <div class="section">
        <SchemaFields
          fields={fields}
          value={draft}
          onChange={setDraft}
          problems={found}
          errors={sending.error?.fields ?? {}}
        />
      </div>
      <FormError error={sending.error} />
      <div class="form-foot">
        <Button type="submit" look="primary" isBusy={sending.isBusy} disabled={!isChanged || found.length > 0}>
          {t.actions.save}
        </Button>
        {isChanged ? <Button onClick={() => setDraft(config)}>{t.actions.discard}</Button> : null}
      </div>
    </Form>
  );
}
