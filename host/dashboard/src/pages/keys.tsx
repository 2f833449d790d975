/** Keys for programs. A key is shown once, when it is made. */

import { BookOpen, KeyRound, Plus, Trash2 } from "lucide";
import { useState } from "preact/hooks";
import { createKey, deleteKey, fetchKeys, type Key, SCOPES, type Scope } from "../api/admin";
import { fetchSessions } from "../api/sessions";
import { invalidate, useResource } from "../data/resource";
import { useSessionNames } from "../data/session-names";
import { clean } from "../logic/filename";
import { localInput } from "../logic/format";
import { now } from "../state/now";
import { attempt } from "../state/toasts";
import { viewer } from "../state/viewer";
import { t } from "../text/en";
import { Ago, Badge, Choices, CopyButton, Name, SearchBox, Secret } from "../ui/bits";
import { Button, ButtonLink, IconButton } from "../ui/button";
import { confirm } from "../ui/confirm";
import { Dialog } from "../ui/dialog";
import { CheckField, SelectField, TextField } from "../ui/field";
import { Form, FormError, useSending } from "../ui/form";
import { Page } from "../ui/page";
import { Empty, Loaded, Notice } from "../ui/states";

export default function Keys() {
  const keys = useResource("keys", fetchKeys);
  const nameOf = useSessionNames();
  const [isNew, setNew] = useState(false);
  const erase = async (key: Key) => {
    const isSure = await confirm({
      title: t.keys.deleteTitle(key.name),
      text: <p>{t.keys.deleteText}</p>,
      verb: t.keys.revoke,
      isDanger: true,
    });
    if (isSure && (await attempt(() => deleteKey(key.id), t.keys.revoked))) invalidate("keys");
  };
  const create = (
    <Button look="primary" icon={Plus} onClick={() => setNew(true)}>
      {t.keys.create}
    </Button>
  );
  return (
    <Page
      title={t.keys.title}
      text={t.keys.text}
      actions={
        <>
          <ButtonLink href="./docs" icon={BookOpen}>
            {t.keys.docs}
          </ButtonLink>
          {create}
        </>
      }
    >
      <Loaded from={keys}>
        {(list) =>
          list.length === 0 ? (
            <Empty icon={KeyRound} title={t.keys.emptyTitle} action={create}>
              <p>{t.keys.emptyText}</p>
            </Empty>
          ) : (
            <ul class="rows card">
              {list.map((key) => {
                const isOver = key.expiresAt !== null && key.expiresAt < now.value;
                return (
                  <li key={key.id} class="row">
                    <div class="row-main">
                      <strong>
                        <Name of={key.name || t.keys.unnamed} />
                        {key.isDefault ? <span class="faint"> {t.keys.isDefault}</span> : null}
                      </strong>
                      <small>
                        <code>
                          {key.prefix}…{key.last4}
                        </code>{" "}
                        · {key.sessions ? t.keys.someSessions(key.sessions.map(nameOf)) : t.keys.allSessions}
                      </small>
                    </div>
                    <span class="badges">
                      {(key.scopes ?? [t.keys.everything]).map((scope) => (
                        <Badge
                          key={scope}
                          tone={scope === "admin" || scope === "manage" || key.scopes === null ? "warn" : "idle"}
                        >
                          {scope}
                        </Badge>
                      ))}
                    </span>
                    <span class="key-times faint small">
                      <span>
                        {t.keys.lastUsed} {key.lastUsedAt ? <Ago at={key.lastUsedAt} /> : t.keys.never}
                      </span>
                      <span class={isOver ? "bad" : undefined}>
                        {key.expiresAt ? (
                          <>
                            {isOver ? t.keys.expired : t.keys.expires} <Ago at={key.expiresAt} />
                          </>
                        ) : (
                          t.keys.noEnd
                        )}
                      </span>
                    </span>
                    <div class="row-actions">
                      <IconButton icon={Trash2} label={t.keys.revokeOf(key.name)} onClick={() => erase(key)} />
                    </div>
                  </li>
                );
              })}
            </ul>
          )
        }
      </Loaded>
      {isNew ? <CreateKey onClose={() => setNew(false)} /> : null}
    </Page>
  );
}

const DAY = 86_400_000;
const LIVES = { "30": 30, "90": 90, "365": 365 } as const;

function CreateKey({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState<Scope[]>(["read", "send"]);
  const [sessions, setSessions] = useState<string[] | null>(null);
  const [life, setLife] = useState("90");
  const [until, setUntil] = useState("");
  const [made, setMade] = useState<string | null>(null);
  const sending = useSending();
  const offered = SCOPES.filter((scope) =>
    scope === "admin" ? viewer.value?.role === "SUPERADMIN" : scope !== "manage" || viewer.value?.role !== "STAFF",
  );
  const end =
    life === "never"
      ? null
      : life === "date"
        ? new Date(until).getTime()
        : Date.now() + (LIVES[life as keyof typeof LIVES] ?? 90) * DAY;
  const isEndGood = end === null || (Number.isFinite(end) && end > Date.now());
  const isReady = name.trim() !== "" && scopes.length > 0 && isEndGood && (sessions === null || sessions.length > 0);
  const make = () =>
    sending.send(async () => {
      setMade(await createKey({ name: name.trim(), scopes, sessions, expiresAt: end }));
      invalidate("keys");
    });

  if (made !== null) {
    return (
      <Dialog
        title={t.keys.madeTitle}
        isFirm
        onClose={onClose}
        footer={
          <Button look="primary" onClick={onClose}>
            {t.actions.savedIt}
          </Button>
        }
      >
        <Notice kind="warning">{t.keys.once}</Notice>
        <Secret value={made} label={t.keys.key} />
        <p class="hint">{t.keys.use}</p>
        <div class="secret">
          <code>{`curl -H "X-API-Key: ${made}" ${new URL("./api/sessions", document.baseURI)}`}</code>
          <CopyButton text={`curl -H "X-API-Key: ${made}" ${new URL("./api/sessions", document.baseURI)}`} />
        </div>
      </Dialog>
    );
  }
  return (
    <Dialog
      title={t.keys.create}
      size="medium"
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t.actions.cancel}</Button>
          <Button look="primary" isBusy={sending.isBusy} disabled={!isReady} onClick={make}>
            {t.keys.createVerb}
          </Button>
        </>
      }
    >
      <Form onSubmit={() => (isReady ? make() : undefined)}>
        <TextField
          label={t.keys.name}
          value={name}
          onInput={setName}
          placeholder={t.keys.namePlaceholder}
          maxLength={100}
          error={sending.at("name")}
          autocomplete="off"
        />
        <fieldset class="group">
          <legend>{t.keys.scopes}</legend>
          {offered.map((scope) => (
            <CheckField
              key={scope}
              label={scope}
              hint={t.keys.scopeHints[scope]}
              checked={scopes.includes(scope)}
              onChange={(isOn) => setScopes(isOn ? [...scopes, scope] : scopes.filter((one) => one !== scope))}
            />
          ))}
        </fieldset>
        <SessionChoice value={sessions} onChange={setSessions} />
        <div class="pair">
          <SelectField
            label={t.keys.life}
            value={life}
            onChange={setLife}
            options={[
              ...Object.keys(LIVES).map((days) => ({ value: days, label: t.keys.days(Number(days)) })),
              { value: "date", label: t.keys.untilDate },
              { value: "never", label: t.keys.noEnd },
            ]}
            error={sending.at("expiresAt")}
          />
          {life === "date" ? (
            <TextField
              label={t.keys.until}
              type="datetime-local"
              value={until}
              min={localInput(Date.now())}
              onInput={setUntil}
              error={until !== "" && !isEndGood ? t.scheduler.past : null}
            />
          ) : null}
        </div>
        <FormError error={sending.error} />
      </Form>
    </Dialog>
  );
}

/** Shown before somebody searches. */
const SHOWN = 40;

function SessionChoice({ value, onChange }: { value: string[] | null; onChange: (value: string[] | null) => void }) {
  const sessions = useResource("sessions", fetchSessions);
  const [search, setSearch] = useState("");
  const found = (sessions.data ?? []).filter((one) =>
    `${one.name} ${one.slug}`.toLowerCase().includes(search.trim().toLowerCase()),
  );
  return (
    <fieldset class="group">
      <legend>{t.keys.sessions}</legend>
      <Choices
        label={t.keys.sessions}
        value={value === null ? "all" : "some"}
        onChange={(which) => onChange(which === "all" ? null : [])}
        of={[
          { id: "all", label: t.keys.allSessions },
          { id: "some", label: t.keys.chosenSessions },
        ]}
      />
      {value !== null ? (
        <>
          {(sessions.data?.length ?? 0) > 8 ? (
            <SearchBox value={search} onInput={setSearch} label={t.nav.searchSessions} />
          ) : null}
          <div class="checks short">
            {found.slice(0, SHOWN).map((one) => (
              <CheckField
                key={one.id}
                label={
                  <>
                    <bdi>{clean(one.name)}</bdi> <code>{one.slug}</code>
                  </>
                }
                checked={value.includes(one.slug)}
                onChange={(isOn) => onChange(isOn ? [...value, one.slug] : value.filter((slug) => slug !== one.slug))}
              />
            ))}
          </div>
        </>
      ) : null}
    </fieldset>
  );
}
