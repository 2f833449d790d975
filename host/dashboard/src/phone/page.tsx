/** Sandbox only: a simulated phone to type on, so that one person plays both sides. */

import "../pages/chats/chats.css";
import "./phone.css";

import { Plus, Smartphone } from "lucide";
import { useEffect, useMemo, useState } from "preact/hooks";
import { fetchNetwork, type Network, type Phone } from "../api/sandbox";
import { go } from "../app/router";
import type { PageProps } from "../app/routes";
import { useResource } from "../data/resource";
import { display } from "../logic/jid";
import { info } from "../state/viewer";
import { t } from "../text/en";
import { Avatar } from "../ui/bits";
import { Button, ButtonLink } from "../ui/button";
import { Page } from "../ui/page";
import { Empty, Loaded } from "../ui/states";
import { AddPhone } from "./add";
import { Handset } from "./handset";
import { LinkSide } from "./link-side";
import { usePulse } from "./pulse";

export default function PhonePage({ place }: PageProps) {
  if (!info.value?.sandbox) {
    return (
      <Page title={t.phone.title}>
        <Empty
          icon={Smartphone}
          title={t.phone.offTitle}
          action={<ButtonLink href="#/sessions">{t.sessions.title}</ButtonLink>}
        >
          <p>{t.phone.offText}</p>
        </Empty>
      </Page>
    );
  }
  return <Sandbox chosen={place.parts[1] ?? null} chat={place.parts[2] ?? null} scan={place.query.get("scan")} />;
}

function Sandbox({ chosen, chat, scan }: { chosen: string | null; chat: string | null; scan: string | null }) {
  const network = useResource("network", fetchNetwork);
  const pulse = usePulse(network.reload);
  const [isAdding, setAdding] = useState(false);
  const [newest, setNewest] = useState<string | null>(null);
  const phones = network.data?.phones ?? [];
  const current = phones.find((one) => one.number === chosen) ?? null;
  const first = phones[0]?.number;

  const query = scan ? `?scan=${encodeURIComponent(scan)}` : "";

  // Somebody is always at the phone. One that was just added is on its way.
  useEffect(() => {
    if (!current && first && (chosen === null || chosen !== newest)) go(`#/phone/${first}${query}`, true);
  }, [current, first, chosen, newest, query]);

  const added = (number: string) => {
    setNewest(number);
    network.reload();
    go(`#/phone/${number}${query}`);
  };

  return (
    <Page
      title={t.phone.title}
      text={t.phone.text}
      isFilling
      actions={
        <Button icon={Plus} onClick={() => setAdding(true)}>
          {t.phone.add}
        </Button>
      }
    >
      <Loaded from={network}>
        {(data) =>
          data.phones.length === 0 ? (
            <Empty
              icon={Smartphone}
              title={t.phone.emptyTitle}
              action={
                <Button look="primary" icon={Plus} onClick={() => setAdding(true)}>
                  {t.phone.add}
                </Button>
              }
            >
              <p>{t.phone.emptyText}</p>
            </Empty>
          ) : (
            <div class="sandbox">
              <People network={data} current={current} />
              {current ? (
                <Handset key={current.number} phone={current} phones={data.phones} chat={chat} pulse={pulse} />
              ) : (
                <div />
              )}
              {current ? <LinkSide phone={current} wanted={scan} pulse={pulse} /> : <div />}
            </div>
          )
        }
      </Loaded>
      {isAdding ? (
        <AddPhone taken={phones.map((one) => one.number)} onClose={() => setAdding(false)} onAdded={added} />
      ) : null}
    </Page>
  );
}

function People({ network, current }: { network: Network; current: Phone | null }) {
  const linked = useMemo(
    () => new Set(network.phones.filter((one) => one.devices.length > 0).map((one) => one.number)),
    [network],
  );
  return (
    <nav class="sandbox-people" aria-label={t.phone.people}>
      <h2>
        {t.phone.people} <span class="faint">{network.phones.length}</span>
      </h2>
      <ul>
        {network.phones.map((one) => (
          <li key={one.number}>
            <a
              class="chat-row"
              href={`#/phone/${one.number}`}
              aria-current={one.number === current?.number ? "true" : undefined}
            >
              <Avatar name={one.name} id={one.jid} size={34} />
              <span class="chat-main">
                <span class="chat-line">
                  <bdi class="chat-name">{one.name}</bdi>
                </span>
                <span class="chat-line">
                  <span class="chat-snippet">{display(one.jid)}</span>
                </span>
              </span>
              {linked.has(one.number) ? (
                <span class="linked" title={t.phone.linked(one.devices.length)}>
                  <span class="dot ok" aria-hidden="true" />
                  <span class="unseen">{t.phone.linked(one.devices.length)}</span>
                </span>
              ) : null}
            </a>
          </li>
        ))}
      </ul>
      <p class="hint">
        <span class="dot ok" aria-hidden="true" /> {t.phone.linkedHint}
      </p>
    </nav>
  );
}
