/** Linking an account: a code to scan, or a code to type. */

import { Smartphone } from "lucide";
import { useState } from "preact/hooks";
import { fetchQr, pairCode, type SessionDetail } from "../../api/sessions";
import { useResource } from "../../data/resource";
import { useLive } from "../../live/live";
import { info } from "../../state/viewer";
import { t } from "../../text/en";
import { Choices, CopyButton } from "../../ui/bits";
import { Button, ButtonLink } from "../../ui/button";
import { TextField } from "../../ui/field";
import { Form, FormError, useSending } from "../../ui/form";
import { Failure } from "../../ui/states";

export function LinkPanel({ session }: { session: SessionDetail }) {
  const [way, setWay] = useState<"qr" | "code">("qr");
  return (
    <section class="section link-panel" aria-label={t.link.title}>
      <header class="section-head">
        <h2>{t.link.title}</h2>
        <Choices
          label={t.link.way}
          value={way}
          onChange={setWay}
          of={[
            { id: "qr", label: t.link.byQr },
            { id: "code", label: t.link.byCode },
          ]}
        />
      </header>
      {way === "qr" ? <ByQr slug={session.slug} /> : <ByCode session={session} />}
      {info.value?.sandbox ? (
        <div class="link-sandbox">
          <p>{t.link.sandbox}</p>
          <ButtonLink href={`#/phone?scan=${encodeURIComponent(session.slug)}`} icon={Smartphone}>
            {t.link.openPhone}
          </ButtonLink>
        </div>
      ) : null}
    </section>
  );
}

/** The code changes every few seconds: each change is an event, and where that does not come, it is asked for. */
function ByQr({ slug }: { slug: string }) {
  const code = useResource(`qr:${slug}`, (signal) => fetchQr(slug, signal), 5_000);
  useLive(["session.qr", "connection.update"], (event) => {
    if (event.sessionId === slug) code.reload();
  });
  const isComing = code.error?.status === 404 || code.error?.status === 400;
  if (code.error && !isComing && !code.data) return <Failure error={code.error} onRetry={code.reload} />;
  return (
    <div class="link-body">
      <div class="qr">
        {code.data?.image && !code.error ? (
          <img src={code.data.image} alt={t.link.qrAlt} width={264} height={264} />
        ) : (
          <p role="status">{t.link.qrComing}</p>
        )}
      </div>
      <div>
        <ol class="steps">
          {t.link.qrSteps.map((step) => (
            <li key={step}>{step}</li>
          ))}
        </ol>
        <p class="hint">{t.link.qrRefreshes}</p>
        {code.data?.qr ? <CopyButton text={code.data.qr} label={t.link.copyQr} /> : null}
      </div>
    </div>
  );
}

function ByCode({ session }: { session: SessionDetail }) {
  const [number, setNumber] = useState("");
  const [code, setCode] = useState(session.pairingCode ?? "");
  const sending = useSending();
  const digits = number.replace(/\D/g, "");
  const isNumber = digits.length >= 7 && digits.length <= 15;
  const ask = () => sending.send(async () => setCode(await pairCode(session.slug, digits)));
  return (
    <div class="link-body">
      <Form onSubmit={() => (isNumber ? ask() : undefined)}>
        <TextField
          label={t.link.number}
          type="tel"
          inputMode="tel"
          value={number}
          onInput={setNumber}
          placeholder="+1 202 555 0101"
          hint={t.link.numberHint}
          error={number !== "" && digits.length > 15 ? t.link.numberLong : sending.at("phoneNumber")}
        />
        <FormError error={sending.error} />
        <Button type="submit" look="primary" isBusy={sending.isBusy} disabled={!isNumber}>
          {code ? t.link.newCode : t.link.getCode}
        </Button>
      </Form>
      <div aria-live="polite">
        {code ? (
          <>
            <p class="pair-code">
              <code>{grouped(code)}</code>
            </p>
            <ol class="steps">
              {t.link.codeSteps.map((step) => (
                <li key={step}>{step}</li>
              ))}
            </ol>
          </>
        ) : (
          <p class="hint">{t.link.codeText}</p>
        )}
      </div>
    </div>
  );
}

function grouped(code: string): string {
  return /^\w{8}$/.test(code) ? `${code.slice(0, 4)}-${code.slice(4)}` : code;
}
