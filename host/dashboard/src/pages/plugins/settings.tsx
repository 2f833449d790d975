/** A plugin's settings as a form made from its schema. The file is shown as it would be before it is written. */

import { FileCheck } from "lucide";
import { useEffect, useMemo, useState } from "preact/hooks";
import { type PluginDetail, writeSettings } from "../../api/plugins";
import { isRecord, type Json } from "../../api/read";
import { diff, hunks } from "../../logic/diff";
import { fieldsOf, problems, toSend } from "../../logic/schema";
import { done } from "../../state/toasts";
import { t } from "../../text/en";
import { Button } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { DiffView } from "../../ui/diff-view";
import { AreaField } from "../../ui/field";
import { Form, FormError, useSending } from "../../ui/form";
import { SchemaFields } from "../../ui/schema-form";

export function PluginSettings({ plugin, onChanged }: { plugin: PluginDetail; onChanged: () => void }) {
  const fields = useMemo(() => fieldsOf(plugin.settingsSchema), [plugin.settingsSchema]);
  // Drawn anew for other settings, not for each look at the plugin.
  const key = JSON.stringify(plugin.settings);
  const settings = useMemo(() => JSON.parse(key) as Json, [key]);
  const [draft, setDraft] = useState<Json>(settings);
  const [review, setReview] = useState<{ before: string; after: string; settings: Json } | null>(null);
  // Without a schema the plugin alone knows what is right: then the settings are edited as JSON.
  const [raw, setRaw] = useState<string | null>(null);
  const sending = useSending();
  useEffect(() => {
    setDraft(settings);
    setRaw(null);
  }, [settings]);

  const isRaw = fields.length === 0;
  const parsed = raw === null ? settings : parseObject(raw);
  const found = isRaw ? (parsed ? [] : [{ path: "", text: t.schema.notJson }]) : problems(fields, draft, t.schema);
  const next = isRaw ? (parsed ?? {}) : draft;
  const isChanged = JSON.stringify(next) !== key;

  const discard = () => {
    setDraft(settings);
    setRaw(null);
  };
  const look = () =>
    sending.send(async () => {
      const sent = toSend(fields, next);
      const after = await writeSettings(plugin.name, sent, true);
      // A file that is wrong now has nothing to compare with.
      const before = await writeSettings(plugin.name, settings, true).catch(() => after);
      setReview({ before, after, settings: sent });
    });

  return (
    <>
      <Form onSubmit={() => (found.length === 0 && isChanged ? look() : undefined)} class="form wide">
        <p class="hint">{t.plugins.settingsText}</p>
        <div class="section">
          {isRaw ? (
            <AreaField
              label={t.plugins.asJson}
              value={raw ?? (key === "{}" ? "" : JSON.stringify(settings, null, 2))}
              onInput={setRaw}
              rows={10}
              isMono
              hint={t.plugins.asJsonHint}
              error={parsed ? null : t.schema.notJson}
            />
          ) : null}
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
          <Button
            type="submit"
            look="primary"
            icon={FileCheck}
            isBusy={sending.isBusy}
            disabled={!isChanged || found.length > 0}
          >
            {t.plugins.review}
          </Button>
          {isChanged ? <Button onClick={discard}>{t.actions.discard}</Button> : null}
          {found.length > 0 ? <p class="field-error">{t.plugins.problems(found.length)}</p> : null}
        </div>
      </Form>
      {review ? (
        <Review
          {...review}
          plugin={plugin}
          onClose={() => setReview(null)}
          onWritten={() => {
            setReview(null);
            onChanged();
          }}
        />
      ) : null}
    </>
  );
}

function parseObject(text: string): Json | null {
  if (text.trim() === "") return {};
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : null;
  } catch {
    return null;
  }
}

interface ReviewProps {
  plugin: PluginDetail;
  before: string;
  after: string;
  settings: Json;
  onClose: () => void;
  onWritten: () => void;
}

function Review({ plugin, before, after, settings, onClose, onWritten }: ReviewProps) {
  const sending = useSending();
  const [isWhole, setWhole] = useState(false);
  const lines = useMemo(() => diff(before, after), [before, after]);
  const hasChange = lines.some((line) => line.kind !== "same");
  const write = async () => {
    if (!(await sending.send(() => writeSettings(plugin.name, settings, false)))) return;
    done(t.plugins.written);
    onWritten();
  };
  return (
    <Dialog
      title={t.plugins.reviewTitle(plugin.file ?? `${plugin.name}.toml`)}
      size="large"
      onClose={onClose}
      footer={
        <>
          <Button look="quiet" aria-pressed={isWhole} onClick={() => setWhole(!isWhole)}>
            {isWhole ? t.plugins.onlyChanges : t.plugins.wholeFile}
          </Button>
          <span class="spring" />
          <Button onClick={onClose}>{t.actions.cancel}</Button>
          <Button look="primary" isBusy={sending.isBusy} onClick={write}>
            {t.plugins.write}
          </Button>
        </>
      }
    >
      <p class="hint">{hasChange ? t.plugins.reviewText : t.plugins.noChange}</p>
      <DiffView lines={isWhole || !hasChange ? lines : hunks(lines)} />
      <FormError error={sending.error} />
    </Dialog>
  );
}
