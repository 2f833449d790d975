/** Where events are posted to. */

import { Plus, Webhook as WebhookIcon } from "lucide";
import { useState } from "preact/hooks";
import { editWebhook, fetchWebhooks, type Webhook } from "../../api/webhooks";
import { to } from "../../app/router";
import type { PageProps } from "../../app/routes";
import { invalidate, useResource } from "../../data/resource";
import { attempt } from "../../state/toasts";
import { t } from "../../text/en";
import { Badge, Name } from "../../ui/bits";
import { Button } from "../../ui/button";
import { Page } from "../../ui/page";
import { Empty, Loaded } from "../../ui/states";
import { WebhookDetail } from "./detail";
import { EditWebhook } from "./edit";
import { WebhookState } from "./health";

export default function Webhooks({ place }: PageProps) {
  const session = place.parts[1] ?? "";
  const id = place.parts[2] ?? null;
  const webhooks = useResource(`webhooks:${session}`, (signal) => fetchWebhooks(session, signal));
  const [isNew, setNew] = useState(false);
  if (id) return <WebhookDetail key={id} session={session} id={id} webhooks={webhooks} place={place} />;
  const create = (
    <Button look="primary" icon={Plus} onClick={() => setNew(true)}>
      {t.webhooks.create}
    </Button>
  );
  return (
    <Page title={t.webhooks.title} text={t.webhooks.text} actions={create}>
      <Loaded from={webhooks}>
        {(list) =>
          list.length === 0 ? (
            <Empty icon={WebhookIcon} title={t.webhooks.emptyTitle} action={create}>
              <p>{t.webhooks.emptyText}</p>
            </Empty>
          ) : (
            <ul class="rows card">
              {list.map((one) => (
                <Row key={one.id} session={session} webhook={one} />
              ))}
            </ul>
          )
        }
      </Loaded>
      {isNew ? <EditWebhook session={session} webhook={null} onClose={() => setNew(false)} /> : null}
    </Page>
  );
}

function Row({ session, webhook }: { session: string; webhook: Webhook }) {
  const toggle = async () => {
    if (await attempt(() => editWebhook(session, webhook.id, { isActive: !webhook.isActive })))
      invalidate(`webhooks:${session}`);
  };
  return (
    <li class="row">
      <a class="row-main" href={to("webhooks", session, webhook.id)}>
        <strong>
          <Name of={webhook.name} />
        </strong>
        <small>
          <code>{webhook.url}</code>
        </small>
        <small>{webhook.events.includes("*") ? t.webhooks.allEvents : webhook.events.join(", ")}</small>
      </a>
      {webhook.health.dead ? <Badge tone="bad">{t.webhooks.deadCount(webhook.health.dead)}</Badge> : null}
      {webhook.health.pending ? <Badge tone="info">{t.webhooks.pendingCount(webhook.health.pending)}</Badge> : null}
      <WebhookState health={webhook.health} />
      <Button isSmall onClick={toggle}>
        {webhook.isActive ? t.webhooks.switchOff : t.webhooks.switchOn}
      </Button>
    </li>
  );
}
