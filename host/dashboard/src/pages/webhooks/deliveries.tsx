/** What was posted, page by page. */

import { PackageCheck, RotateCw, Send } from "lucide";
import { useState } from "preact/hooks";
import {
  DELIVERY_STATES,
  type Delivery,
  type DeliveryState,
  fetchDeliveries,
  redeliver,
  redeliverDead,
} from "../../api/webhooks";
import { type Place, to } from "../../app/router";
import { invalidate, useResource } from "../../data/resource";
import { attempt, done } from "../../state/toasts";
import { t } from "../../text/en";
import { Ago, Badge, Tabs, type Tone } from "../../ui/bits";
import { Button } from "../../ui/button";
import { Section } from "../../ui/page";
import { Empty, Loaded } from "../../ui/states";
import { Tries } from "./tries";

const TONES: Record<DeliveryState, Tone> = { PENDING: "info", DELIVERED: "ok", FAILED: "warn", DEAD: "bad" };
type Filter = "ALL" | DeliveryState;

export function Deliveries({ session, id, place }: { session: string; id: string; place: Place }) {
  const wanted = place.query.get("status");
  const filter: Filter = DELIVERY_STATES.find((one) => one === wanted) ?? "ALL";
  const [cursors, setCursors] = useState<{ filter: Filter; list: string[] }>({ filter, list: [] });
  const before = cursors.filter === filter ? (cursors.list.at(-1) ?? null) : null;
  const status = filter === "ALL" ? "" : filter;
  const deliveries = useResource(
    `deliveries:${session}:${id}:${status}:${before ?? ""}`,
    (signal) => fetchDeliveries(session, id, { status, before }, signal),
    before ? 0 : 5_000,
  );
  const again = async (one: Delivery) => {
    if (await attempt(() => redeliver(session, id, one.id), t.webhooks.redelivered))
      invalidate(`deliveries:${session}:${id}`);
  };
  const [open, setOpen] = useState<Delivery | null>(null);
  const allAgain = async () => {
    await attempt(async () => done(t.webhooks.redeliveredAll(await redeliverDead(session, id))));
    invalidate(`deliveries:${session}:${id}`);
  };
  const hrefOf = (one: Filter) => `${to("webhooks", session, id)}${one === "ALL" ? "" : `?status=${one}`}`;
  return (
    <Section
      title={t.webhooks.deliveries}
      text={filter === "DEAD" ? t.webhooks.deadText : undefined}
      actions={
        filter === "DEAD" && (deliveries.data?.deliveries.length ?? 0) > 0 ? (
          <Button icon={RotateCw} onClick={allAgain}>
            {t.webhooks.redeliverAll}
          </Button>
        ) : undefined
      }
    >
      <Tabs
        label={t.webhooks.filter}
        current={filter}
        hrefOf={hrefOf}
        of={(["ALL", ...DELIVERY_STATES] as const).map((one) => ({ id: one as Filter, label: t.webhooks.states[one] }))}
      />
      <Loaded from={deliveries}>
        {({ deliveries: list, next }) =>
          list.length === 0 ? (
            <Empty
              icon={filter === "DEAD" ? PackageCheck : Send}
              title={filter === "DEAD" ? t.webhooks.noDead : t.webhooks.noDeliveries}
            >
              {filter === "ALL" ? <p>{t.webhooks.noDeliveriesText}</p> : null}
            </Empty>
          ) : (
            <>
              {/* A wide table scrolls, also by the keyboard. */}
              <section class="table-frame" aria-label={t.webhooks.deliveries} tabIndex={0}>
                <table>
                  <thead>
                    <tr>
                      <th>{t.webhooks.columns.when}</th>
                      <th>{t.webhooks.columns.event}</th>
                      <th>{t.webhooks.columns.state}</th>
                      <th class="num">{t.webhooks.columns.attempts}</th>
                      <th>{t.webhooks.columns.answer}</th>
                      <th>
                        <span class="unseen">{t.actions.actions}</span>
                      </th>
                    </tr>
                  </thead>
                  <tbody>
                    {list.map((one) => (
                      <tr key={one.id}>
                        <td class="nowrap">
                          <Ago at={one.createdAt} />
                        </td>
                        <td>
                          <code>{one.event}</code>
                          {one.sequence !== null ? <small class="faint"> #{one.sequence}</small> : null}
                        </td>
                        <td class="nowrap">
                          <Badge tone={TONES[one.status]}>{t.webhooks.stateOf[one.status]}</Badge>
                          {one.status === "PENDING" && one.attempts > 0 && one.nextAttemptAt ? (
                            <small class="block faint">
                              {t.webhooks.nextTry} <Ago at={one.nextAttemptAt} />
                            </small>
                          ) : null}
                        </td>
                        <td class="num">{one.attempts}</td>
                        <td>
                          {one.statusCode !== null ? <code>{one.statusCode}</code> : null}
                          {one.ms !== null ? <span class="faint"> {one.ms} ms</span> : null}
                          {one.error ? <small class="block bad wrap">{one.error}</small> : null}
                        </td>
                        <td class="nowrap">
                          <div class="row-actions">
                            <Button isSmall onClick={() => setOpen(one)}>
                              {t.webhooks.tries}
                            </Button>
                            <Button isSmall icon={RotateCw} onClick={() => again(one)}>
                              {t.webhooks.redeliver}
                            </Button>
                          </div>
                        </td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </section>
              <div class="pager">
                <Button
                  isSmall
                  disabled={before === null}
                  onClick={() => setCursors({ filter, list: cursors.list.slice(0, -1) })}
                >
                  {t.actions.newer}
                </Button>
                <Button
                  isSmall
                  disabled={next === null}
                  onClick={() =>
                    setCursors({ filter, list: [...(cursors.filter === filter ? cursors.list : []), next ?? ""] })
                  }
                >
                  {t.actions.older}
                </Button>
              </div>
            </>
          )
        }
      </Loaded>
      {open ? <Tries session={session} webhook={id} delivery={open} onClose={() => setOpen(null)} /> : null}
    </Section>
  );
}
