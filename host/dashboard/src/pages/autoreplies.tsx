/** Answers that are given by themselves. The first rule that matches answers, once. */

import { Bot, Pencil, Plus, Trash2 } from "lucide";
import { useState } from "preact/hooks";
import { deleteRule, fetchRules, MATCHES, type Rule, type RuleDraft, saveRule, TRIGGERS } from "../api/automation";
import type { PageProps } from "../app/routes";
import { invalidate, useResource } from "../data/resource";
import { external } from "../logic/links";
import { attempt, done } from "../state/toasts";
import { t } from "../text/en";
import { Badge } from "../ui/bits";
import { Button, IconButton } from "../ui/button";
import { confirm } from "../ui/confirm";
import { Dialog } from "../ui/dialog";
import { AreaField, SelectField, TextField } from "../ui/field";
import { Form, FormError, useSending } from "../ui/form";
import { Page } from "../ui/page";
import { Empty, Loaded } from "../ui/states";

const LONGEST_KEYWORD = 1000;

export default function AutoReplies({ place }: PageProps) {
  const session = place.parts[1] ?? "";
  const rules = useResource(`rules:${session}`, (signal) => fetchRules(session, signal));
  const [editing, setEditing] = useState<Rule | "new" | null>(null);
  const erase = async (rule: Rule) => {
    const isSure = await confirm({
      title: t.rules.deleteTitle,
      text: <p>{t.rules.deleteText(rule.keyword)}</p>,
      verb: t.actions.delete,
      isDanger: true,
    });
    if (isSure && (await attempt(() => deleteRule(session, rule.id), t.rules.deleted))) invalidate(`rules:${session}`);
  };
  const create = (
    <Button look="primary" icon={Plus} onClick={() => setEditing("new")}>
      {t.rules.create}
    </Button>
  );
  return (
    <Page title={t.rules.title} text={t.rules.text} actions={create}>
      <Loaded from={rules}>
        {(list) =>
          list.length === 0 ? (
            <Empty icon={Bot} title={t.rules.emptyTitle} action={create}>
              <p>{t.rules.emptyText}</p>
            </Empty>
          ) : (
            <ul class="rows card">
              {list.map((rule) => (
                <li key={rule.id} class="row rule">
                  <div class="rule-if">
                    <span class="rule-word">{t.rules.matches[rule.matchType]}</span>
                    <code>
                      <bdi>{rule.keyword}</bdi>
                    </code>
                    {rule.triggerType === "ALL" ? null : (
                      <Badge tone="info">{t.rules.triggers[rule.triggerType]}</Badge>
                    )}
                  </div>
                  <div class="rule-then">
                    <bdi>{rule.response}</bdi>
                    {rule.isMedia && rule.mediaUrl ? (
                      <small class="faint">{t.rules.withMedia(rule.mediaUrl)}</small>
                    ) : null}
                  </div>
                  <div class="row-actions">
                    <IconButton icon={Pencil} label={t.actions.edit(rule.keyword)} onClick={() => setEditing(rule)} />
                    <IconButton icon={Trash2} label={t.actions.deleteOf(rule.keyword)} onClick={() => erase(rule)} />
                  </div>
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
      {editing ? (
        <EditRule session={session} rule={editing === "new" ? null : editing} onClose={() => setEditing(null)} />
      ) : null}
    </Page>
  );
}

const NEW: RuleDraft = {
  keyword: "",
  response: "",
  matchType: "CONTAINS",
  triggerType: "ALL",
  isMedia: false,
  mediaUrl: "",
};

function EditRule({ session, rule, onClose }: { session: string; rule: Rule | null; onClose: () => void }) {
  const [draft, setDraft] = useState<RuleDraft>(rule ?? NEW);
  const sending = useSending();
  const set = (parts: Partial<RuleDraft>) => setDraft({ ...draft, ...parts });
  const isAddressWrong = draft.mediaUrl.trim() !== "" && external(draft.mediaUrl.trim()) === null;
  const isReady = draft.keyword !== "" && draft.response.trim() !== "" && !isAddressWrong;
  const save = async () => {
    const { keyword, response, matchType, triggerType, isMedia, mediaUrl } = draft;
    const sent = { keyword, response, matchType, triggerType, isMedia, mediaUrl: mediaUrl.trim() };
    if (!(await sending.send(() => saveRule(session, rule?.id ?? null, sent)))) return;
    done(t.rules.saved);
    invalidate(`rules:${session}`);
    onClose();
  };
  return (
    <Dialog
      title={rule ? t.rules.edit : t.rules.create}
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
        <div class="pair">
          <SelectField
            label={t.rules.match}
            value={draft.matchType}
            onChange={(value) => set({ matchType: value as Rule["matchType"] })}
            options={MATCHES.map((one) => ({ value: one, label: t.rules.matches[one] }))}
            error={sending.at("matchType")}
          />
          <SelectField
            label={t.rules.trigger}
            value={draft.triggerType}
            onChange={(value) => set({ triggerType: value as Rule["triggerType"] })}
            options={TRIGGERS.map((one) => ({ value: one, label: t.rules.triggers[one] }))}
            error={sending.at("triggerType")}
          />
        </div>
        <TextField
          label={t.rules.keyword}
          value={draft.keyword}
          onInput={(keyword) => set({ keyword })}
          maxLength={LONGEST_KEYWORD}
          hint={draft.matchType === "REGEX" ? t.rules.regexHint : t.rules.keywordHint}
          error={sending.at("keyword")}
          isMono={draft.matchType === "REGEX"}
          autocomplete="off"
        />
        <AreaField
          label={t.rules.response}
          value={draft.response}
          onInput={(response) => set({ response })}
          rows={4}
          error={sending.at("response")}
        />
        <TextField
          label={t.rules.mediaUrl}
          type="url"
          value={draft.mediaUrl}
          onInput={(mediaUrl) => set({ mediaUrl })}
          hint={t.rules.mediaHint}
          error={isAddressWrong ? t.schema.notAnAddress : sending.at("mediaUrl")}
          placeholder="https://example.com/menu.jpg"
          autocomplete="off"
        />
        <FormError error={sending.error} />
      </Form>
    </Dialog>
  );
}
