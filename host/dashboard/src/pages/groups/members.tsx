import { MessageCircle, ShieldMinus, ShieldPlus, UserMinus, UserRoundPlus } from "lucide";
import { useMemo, useState } from "preact/hooks";
import { changeMembers, type GroupDetail, type Member, type MemberAction } from "../../api/people";
import { to } from "../../app/router";
import { clean } from "../../logic/filename";
import { display, manyFromInput } from "../../logic/jid";
import { attempt, done } from "../../state/toasts";
import { t } from "../../text/en";
import { Avatar, Badge, SearchBox } from "../../ui/bits";
import { Button } from "../../ui/button";
import { confirm } from "../../ui/confirm";
import { Dialog } from "../../ui/dialog";
import { AreaField } from "../../ui/field";
import { Form, FormError, useSending } from "../../ui/form";
import { Menu } from "../../ui/menu";
import { Section } from "../../ui/page";
import { Notice } from "../../ui/states";

/** Shown before somebody searches. */
const SHOWN = 200;

export function Members({ session, group, onChanged }: { session: string; group: GroupDetail; onChanged: () => void }) {
  const [search, setSearch] = useState("");
  const [isAdding, setAdding] = useState(false);
  const [refused, setRefused] = useState<{ jid: string; status: string }[]>([]);
  const found = useMemo(() => {
    const wanted = search.trim().toLowerCase();
    const rank = (one: Member) => (one.admin === "superadmin" ? 0 : one.admin === "admin" ? 1 : 2);
    return group.members
      .filter((one) => `${one.name ?? ""} ${display(one.jid)} ${one.jid}`.toLowerCase().includes(wanted))
      .sort((a, b) => rank(a) - rank(b));
  }, [group.members, search]);

  const change = async (action: MemberAction, people: string[]) => {
    await attempt(async () => {
      const failed = await changeMembers(session, group.jid, action, people);
      setRefused(failed);
      if (failed.length < people.length) done(t.groups.membersDone[action]);
    });
    onChanged();
  };
  const removeAsked = async (one: Member) => {
    const name = clean(one.name ?? "") || display(one.jid);
    const isSure = await confirm({
      title: t.groups.removeTitle(name),
      text: <p>{t.groups.removeText}</p>,
      verb: t.groups.remove,
      isDanger: true,
    });
    if (isSure) await change("remove", [one.jid]);
  };

  return (
    <Section
      title={t.groups.members}
      actions={
        <Button icon={UserRoundPlus} onClick={() => setAdding(true)}>
          {t.groups.add}
        </Button>
      }
    >
      {refused.length > 0 ? (
        <Notice kind="warning" title={t.groups.refused}>
          <ul>
            {refused.map((one) => (
              <li key={one.jid}>
                {display(one.jid)}: {t.groups.refusal(one.status)}
              </li>
            ))}
          </ul>
        </Notice>
      ) : null}
      {group.members.length > 8 ? (
        <SearchBox value={search} onInput={setSearch} label={t.groups.searchMembers} />
      ) : null}
      <ul class="rows">
        {found.slice(0, SHOWN).map((one) => {
          const name = clean(one.name ?? "") || display(one.jid);
          return (
            <li key={one.jid} class="row">
              <Avatar name={name} id={one.jid} size={30} />
              <div class="row-main">
                <strong>
                  <bdi>{name}</bdi>
                </strong>
                <small>{display(one.jid)}</small>
              </div>
              {one.admin ? <Badge tone="info">{t.groups.admins[one.admin]}</Badge> : null}
              <Menu
                label={t.actions.of(name)}
                items={[
                  { label: t.contacts.chat, icon: MessageCircle, href: to("chats", session, one.jid) },
                  one.admin === null && {
                    label: t.groups.promote,
                    icon: ShieldPlus,
                    onClick: () => change("promote", [one.jid]),
                  },
                  one.admin === "admin" && {
                    label: t.groups.demote,
                    icon: ShieldMinus,
                    onClick: () => change("demote", [one.jid]),
                  },
                  one.admin !== "superadmin" && {
                    label: t.groups.remove,
                    icon: UserMinus,
                    isDanger: true,
                    onClick: () => removeAsked(one),
                  },
                ]}
              />
            </li>
          );
        })}
      </ul>
      {found.length > SHOWN ? <p class="hint">{t.groups.moreMembers(found.length - SHOWN)}</p> : null}
      {isAdding ? <AddMembers onClose={() => setAdding(false)} onAdd={(people) => change("add", people)} /> : null}
    </Section>
  );
}

function AddMembers({ onClose, onAdd }: { onClose: () => void; onAdd: (people: string[]) => Promise<void> }) {
  const [typed, setTyped] = useState("");
  const sending = useSending();
  const people = manyFromInput(typed);
  const isReady = people.good.length > 0 && people.bad.length === 0;
  const add = async () => {
    if (await sending.send(() => onAdd(people.good))) onClose();
  };
  return (
    <Dialog
      title={t.groups.add}
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t.actions.cancel}</Button>
          <Button look="primary" isBusy={sending.isBusy} disabled={!isReady} onClick={add}>
            {t.groups.addVerb(people.good.length)}
          </Button>
        </>
      }
    >
      <Form onSubmit={() => (isReady ? add() : undefined)}>
        <AreaField
          label={t.people.label}
          value={typed}
          onInput={setTyped}
          rows={4}
          isMono
          hint={t.people.hint}
          error={people.bad.length > 0 ? t.people.bad(people.bad[0] ?? "") : null}
        />
        <FormError error={sending.error} />
      </Form>
    </Dialog>
  );
}
