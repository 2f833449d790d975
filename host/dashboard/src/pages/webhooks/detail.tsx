/** One webhook: whether its receiver answers, what was delivered, what was not. */

import { ArrowLeft, FlaskConical, History, KeyRound, Pencil, Trash2 } from "lucide";
import { useState } from "preact/hooks";
import { ApiError } from "../../api/error";
import { deleteWebhook, rotateSecret, type TestResult, testWebhook, type Webhook } from "../../api/webhooks";
import { go, type Place, to } from "../../app/router";
import { invalidate, type Resource } from "../../data/resource";
import { attempt, failed } from "../../state/toasts";
import { t } from "../../text/en";
import { Ago, Facts, Name, Secret } from "../../ui/bits";
import { Button } from "../../ui/button";
import { confirm } from "../../ui/confirm";
import { Dialog } from "../../ui/dialog";
import { Icon } from "../../ui/icon";
import { Menu } from "../../ui/menu";
import { Page, Section } from "../../ui/page";
import { Failure, Loaded, Notice } from "../../ui/states";
import { Deliveries } from "./deliveries";
import { EditWebhook } from "./edit";
import { WebhookState } from "./health";
import { Replay } from "./replay";

interface Props {
  session: string;
  id: string;
  webhooks: Resource<Webhook[]>;
  place: Place;
}

export function WebhookDetail({ session, id, webhooks, place }: Props) {
  const webhook = webhooks.data?.find((one) => one.id === id);
  return (
    <Page
      title={webhook?.name ?? t.webhooks.one}
      back={
        <a class="back" href={to("webhooks", session)}>
          <Icon of={ArrowLeft} size={14} /> {t.webhooks.title}
        </a>
      }
      head={webhook ? <Head webhook={webhook} /> : undefined}
      actions={webhook ? <Actions session={session} webhook={webhook} /> : undefined}
    >
      <Loaded from={webhooks}>
        {() =>
          webhook ? (
            <Body session={session} webhook={webhook} place={place} />
          ) : (
            <Failure error={new ApiError({ status: 404, message: t.webhooks.gone })} />
          )
        }
      </Loaded>
    </Page>
  );
}

function Head({ webhook }: { webhook: Webhook }) {
  return (
    <div class="session-head">
      <h1>
        <Name of={webhook.name} />
      </h1>
      <WebhookState health={webhook.health} />
    </div>
  );
}

function Actions({ session, webhook }: { session: string; webhook: Webhook }) {
  const [dialog, setDialog] = useState<"edit" | "replay" | null>(null);
  const [secret, setSecret] = useState<string | null>(null);
  const rotate = async () => {
    const isSure = await confirm({
      title: t.webhooks.rotateTitle,
      text: <p>{t.webhooks.rotateText}</p>,
      verb: t.webhooks.rotate,
    });
    if (!isSure) return;
    try {
      setSecret(await rotateSecret(session, webhook.id));
      invalidate(`webhooks:${session}`);
    } catch (error) {
      failed(error);
    }
  };
  const erase = async () => {
    const isSure = await confirm({
      title: t.webhooks.deleteTitle(webhook.name),
      text: <p>{t.webhooks.deleteText}</p>,
      verb: t.actions.delete,
      isDanger: true,
    });
    if (!isSure || !(await attempt(() => deleteWebhook(session, webhook.id), t.webhooks.deleted))) return;
    invalidate(`webhooks:${session}`);
    go(to("webhooks", session), true);
  };
  return (
    <>
      <Button icon={Pencil} onClick={() => setDialog("edit")}>
        {t.actions.change}
      </Button>
      <Menu
        label={t.actions.more}
        class="button plain only-icon"
        items={[
          { label: t.webhooks.rotate, icon: KeyRound, onClick: rotate },
          { label: t.webhooks.replay, icon: History, onClick: () => setDialog("replay") },
          { label: t.actions.delete, icon: Trash2, isDanger: true, onClick: erase },
        ]}
      />
      {dialog === "edit" ? <EditWebhook session={session} webhook={webhook} onClose={() => setDialog(null)} /> : null}
      {dialog === "replay" ? <Replay session={session} id={webhook.id} onClose={() => setDialog(null)} /> : null}
      {secret ? (
        <Dialog
          title={t.webhooks.secretTitle}
          isFirm
          onClose={() => setSecret(null)}
          footer={
            <Button look="primary" onClick={() => setSecret(null)}>
              {t.actions.savedIt}
            </Button>
          }
        >
          <Notice kind="warning">{t.webhooks.secretRotated}</Notice>
          <Secret value={secret} label={t.webhooks.secret} />
        </Dialog>
      ) : null}
    </>
  );
}

function Body({ session, webhook, place }: { session: string; webhook: Webhook; place: Place }) {
  const [result, setResult] = useState<TestResult | null>(null);
  const test = async () => {
    setResult(null);
    setResult(await testWebhook(session, webhook.id));
    invalidate(`deliveries:${session}:${webhook.id}`);
  };
  return (
    <>
      <HealthNotice webhook={webhook} />
      <Section
        title={t.webhooks.target}
        actions={
          <Button icon={FlaskConical} onClick={test}>
            {t.webhooks.test}
          </Button>
        }
      >
        <Facts
          of={[
            [t.webhooks.url, <code class="wrap">{webhook.url}</code>],
            [
              t.webhooks.events,
              webhook.events.includes("*") ? (
                t.webhooks.allEvents
              ) : (
                <code class="wrap">{webhook.events.join(", ")}</code>
              ),
            ],
            [t.webhooks.signed, webhook.hasSecret ? t.webhooks.isSigned : t.webhooks.isUnsigned],
            [t.webhooks.created, <Ago at={webhook.createdAt} />],
          ]}
        />
        <div aria-live="polite">{result ? <Result of={result} /> : null}</div>
      </Section>
      <Deliveries session={session} id={webhook.id} place={place} />
    </>
  );
}

/** Why deliveries rest, or come late. */
function HealthNotice({ webhook }: { webhook: Webhook }) {
  const { state, reason, failingSince, heldUntil } = webhook.health;
  if (state === "ACTIVE" || state === "PAUSED") return null;
  return (
    <Notice kind={state === "DISABLED" ? "error" : "warning"} title={t.webhooks.healthText[state]}>
      {reason ? <p>{reason}</p> : null}
      {failingSince !== null ? (
        <p>
          {t.webhooks.failingSince} <Ago at={failingSince} />
        </p>
      ) : null}
      {heldUntil !== null ? (
        <p>
          {t.webhooks.nextTry} <Ago at={heldUntil} />
        </p>
      ) : null}
    </Notice>
  );
}

function Result({ of: result }: { of: TestResult }) {
  if (result.isGood) return <Notice kind="ok" title={t.webhooks.testGood(result.statusCode ?? 200, result.ms ?? 0)} />;
  return (
    <Notice
      kind="error"
      title={result.statusCode === null ? t.webhooks.testUnreached : t.webhooks.testBad(result.statusCode)}
    >
      {result.error ? <p>{result.error}</p> : null}
    </Notice>
  );
}
