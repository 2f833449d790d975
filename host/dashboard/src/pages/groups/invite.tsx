import { Link2, RotateCw } from "lucide";
import { useState } from "preact/hooks";
import { fetchInvite, revokeInvite } from "../../api/people";
import { done } from "../../state/toasts";
import { t } from "../../text/en";
import { CopyButton } from "../../ui/bits";
import { Button } from "../../ui/button";
import { confirm } from "../../ui/confirm";
import { FormError, useSending } from "../../ui/form";
import { Section } from "../../ui/page";

/** The link is asked for when somebody wants it: only admins get it, and each question goes to WhatsApp. */
export function Invite({ session, jid }: { session: string; jid: string }) {
  const [link, setLink] = useState<string | null>(null);
  const sending = useSending();
  const show = () => sending.send(async () => setLink(await fetchInvite(session, jid)));
  const revoke = async () => {
    const isSure = await confirm({
      title: t.groups.revokeTitle,
      text: <p>{t.groups.revokeText}</p>,
      verb: t.groups.revoke,
      isDanger: true,
    });
    if (isSure && (await sending.send(async () => setLink(await revokeInvite(session, jid))))) done(t.groups.revoked);
  };
  return (
    <Section title={t.groups.inviteTitle} text={t.groups.inviteText}>
      {link ? (
        <div class="secret">
          <code>{link}</code>
          <CopyButton text={link} />
        </div>
      ) : null}
      <FormError error={sending.error} />
      <div class="buttons">
        {link ? null : (
          <Button icon={Link2} isBusy={sending.isBusy} onClick={show}>
            {t.groups.showInvite}
          </Button>
        )}
        <Button icon={RotateCw} onClick={revoke}>
          {t.groups.revoke}
        </Button>
      </div>
    </Section>
  );
}
