/** Beside the phone: sessions that wait to be scanned, and what is linked already. */

import { Link2Off, QrCode, ScanLine } from "lucide";
import { useEffect, useState } from "preact/hooks";
import { type Phone, scan, typeCode, unlink } from "../api/sandbox";
import { fetchQr, fetchSessions, type Session } from "../api/sessions";
import { to } from "../app/router";
import { invalidate, useResource } from "../data/resource";
import { useLive } from "../live/live";
import { clean } from "../logic/filename";
import { attempt } from "../state/toasts";
import { t } from "../text/en";
import { Badge } from "../ui/bits";
import { Button, ButtonLink } from "../ui/button";
import { confirm } from "../ui/confirm";
import { AreaField } from "../ui/field";
import { Form, FormError, useSending } from "../ui/form";
import { Section } from "../ui/page";

export function LinkSide({ phone, wanted, pulse }: { phone: Phone; wanted: string | null; pulse: number }) {
  const sessions = useResource("sessions", fetchSessions, 5_000);
  useLive(["session.status", "session.qr", "connection.update"], sessions.reload);
  // The network says when something changed.
  useEffect(() => sessions.reload(), [pulse]);
  const waiting = (sessions.data ?? [])
    .filter((one) => one.status === "SCAN_QR")
    .sort((a, b) => Number(b.slug === wanted) - Number(a.slug === wanted));
  return (
    <aside class="sandbox-side" aria-label={t.phone.side}>
      <Section title={t.phone.waiting}>
        {waiting.length === 0 ? (
          <div class="side-empty">
            <p class="faint">{t.phone.noneWaiting}</p>
            <ButtonLink href="#/sessions" icon={QrCode} isSmall>
              {t.phone.makeOne}
            </ButtonLink>
          </div>
        ) : (
          <ul class="side-list">
            {waiting.slice(0, 20).map((session) => (
              <Waiting key={session.id} session={session} phone={phone} isWanted={session.slug === wanted} />
            ))}
          </ul>
        )}
      </Section>
      <ByHand phone={phone} />
      <Section title={t.phone.devices}>
        {phone.devices.length === 0 ? <p class="faint">{t.phone.noDevices}</p> : null}
        <ul class="side-list">
          {phone.devices.map((device) => (
            <Device key={device.id} phone={phone} device={device} />
          ))}
        </ul>
      </Section>
    </aside>
  );
}

function Waiting({ session, phone, isWanted }: { session: Session; phone: Phone; isWanted: boolean }) {
  const link = async () => {
    // The code changes: the one to scan is the newest.
    const isLinked = await attempt(
      async () => scan(phone.number, (await fetchQr(session.slug)).qr),
      t.phone.scanned(phone.name, session.name),
    );
    if (isLinked) invalidate("session");
  };
  return (
    <li class={isWanted ? "side-item wanted" : "side-item"}>
      <div>
        <a href={to("session", session.slug)}>
          <bdi>{clean(session.name)}</bdi>
        </a>
        <code>{session.slug}</code>
      </div>
      <Button
        isSmall
        look="primary"
        icon={ScanLine}
        onClick={link}
        aria-label={t.phone.scanOf(clean(phone.name), clean(session.name))}
      >
        <bdi>{t.phone.scanAs(clean(phone.name))}</bdi>
      </Button>
    </li>
  );
}

function Device({ phone, device }: { phone: Phone; device: Phone["devices"][number] }) {
  const drop = async () => {
    const isSure = await confirm({
      title: t.phone.unlinkTitle,
      text: <p>{t.phone.unlinkText}</p>,
      verb: t.phone.unlink,
      isDanger: true,
    });
    if (isSure && (await attempt(() => unlink(phone.number, device.id)))) invalidate("network");
  };
  return (
    <li class="side-item">
      <div>
        <span>{t.phone.device(device.id)}</span>
        <small>
          <Badge tone={device.isConnected ? "ok" : "idle"}>
            {device.isConnected ? t.phone.online : t.phone.offline}
          </Badge>
          {device.queued > 0 ? ` ${t.phone.queued(device.queued)}` : null}
        </small>
      </div>
      <Button isSmall icon={Link2Off} onClick={drop}>
        {t.phone.unlink}
      </Button>
    </li>
  );
}

/** A code from elsewhere: the text of a QR code, or a pair code. */
function ByHand({ phone }: { phone: Phone }) {
  const [typed, setTyped] = useState("");
  const sending = useSending();
  const code = typed.trim();
  const isPairCode = /^[A-Za-z0-9]{4}-?[A-Za-z0-9]{4}$/.test(code);
  const isReady = isPairCode || code.includes(",");
  const link = () =>
    sending.send(async () => {
      await (isPairCode ? typeCode(phone.number, code) : scan(phone.number, code));
      setTyped("");
      invalidate("session");
    });
  return (
    <details class="by-hand">
      <summary>{t.phone.byHand}</summary>
      <Form onSubmit={() => (isReady ? link() : undefined)}>
        <AreaField
          label={t.phone.code}
          value={typed}
          onInput={setTyped}
          rows={3}
          isMono
          hint={t.phone.codeHint}
          error={sending.at("qr", "code")}
        />
        <FormError error={sending.error} />
        <Button type="submit" isSmall isBusy={sending.isBusy} disabled={!isReady}>
          {isPairCode ? t.phone.typeCode : t.phone.scan}
        </Button>
      </Form>
    </details>
  );
}
