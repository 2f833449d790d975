/** One group: what it is called, who is in it, how one gets in. */

import { ArrowLeft, ImageOff, ImagePlus, LogOut, MessageCircle, UsersRound } from "lucide";
import { useRef } from "preact/hooks";
import {
  fetchGroup,
  type GroupDetail,
  leaveGroup,
  setDescription,
  setEphemeral,
  setGroupPicture,
  setGroupSetting,
  setSubject,
} from "../../api/people";
import { go, to } from "../../app/router";
import { useNames } from "../../data/names";
import { invalidate, useResource } from "../../data/resource";
import { useLive } from "../../live/live";
import { clean } from "../../logic/filename";
import { attempt } from "../../state/toasts";
import { t } from "../../text/en";
import { Ago, Avatar, Copyable, Facts } from "../../ui/bits";
import { ButtonLink } from "../../ui/button";
import { confirm } from "../../ui/confirm";
import { EditableText } from "../../ui/editable";
import { SelectField, SwitchField } from "../../ui/field";
import { Icon } from "../../ui/icon";
import { Menu } from "../../ui/menu";
import { Section } from "../../ui/page";
import { Loaded } from "../../ui/states";
import { LONGEST_SUBJECT } from "./create";
import { Invite } from "./invite";
import { Members } from "./members";

const LONGEST_DESCRIPTION = 512;
const EPHEMERAL = [0, 86_400, 604_800, 7_776_000] as const;

export function GroupPane({ session, jid }: { session: string; jid: string }) {
  const group = useResource(`group:${session}:${jid}`, (signal) => fetchGroup(session, jid, signal));
  useLive(["group.*"], (event) => {
    if (event.sessionId === session) group.reload();
  });
  return (
    <section class="split-detail scrolls" aria-label={group.data ? clean(group.data.subject) : t.groups.group}>
      <Loaded from={group}>{(data) => <Detail session={session} group={data} />}</Loaded>
    </section>
  );
}

function Detail({ session, group }: { session: string; group: GroupDetail }) {
  const nameOf = useNames(session);
  const picture = useRef<HTMLInputElement>(null);
  const refresh = () => {
    invalidate(`group:${session}:${group.jid}`);
    invalidate(`groups:${session}`);
  };
  const change = async (what: () => Promise<void>, success: string) => {
    const isDone = await attempt(what, success);
    if (isDone) refresh();
    return isDone;
  };
  const leave = async () => {
    const isSure = await confirm({
      title: t.groups.leaveTitle(group.subject),
      text: <p>{t.groups.leaveText}</p>,
      verb: t.groups.leave,
      isDanger: true,
    });
    if (isSure && (await change(() => leaveGroup(session, group.jid), t.groups.left))) go(to("groups", session), true);
  };
  return (
    <div class="detail">
      <header class="detail-head">
        <a
          class="button quiet only-icon back-button"
          href={to("groups", session)}
          aria-label={t.groups.back}
          title={t.groups.back}
        >
          <Icon of={ArrowLeft} />
        </a>
        <Avatar name={group.subject} id={group.jid} size={44} icon={UsersRound} />
        <div class="detail-title">
          <h2>
            <bdi>{clean(group.subject)}</bdi>
          </h2>
          <p class="faint">{t.groups.size(group.members.length || group.size)}</p>
        </div>
        <ButtonLink href={to("chats", session, group.jid)} icon={MessageCircle}>
          {t.groups.openChat}
        </ButtonLink>
        <Menu
          label={t.actions.more}
          class="button plain only-icon"
          items={[
            { label: t.groups.setPicture, icon: ImagePlus, onClick: () => picture.current?.click() },
            {
              label: t.groups.removePicture,
              icon: ImageOff,
              onClick: () => change(() => setGroupPicture(session, group.jid, null), t.groups.pictureRemoved),
            },
            { label: t.groups.leave, icon: LogOut, isDanger: true, onClick: leave },
          ]}
        />
        <input
          ref={picture}
          type="file"
          accept="image/jpeg,image/png"
          hidden
          onChange={(event) => {
            const file = event.currentTarget.files?.[0];
            event.currentTarget.value = "";
            if (file) void change(() => setGroupPicture(session, group.jid, file), t.groups.pictureSet);
          }}
        />
      </header>
      <Section title={t.groups.about}>
        <EditableText
          label={t.groups.subject}
          value={group.subject}
          maxLength={LONGEST_SUBJECT}
          isRequired
          onSave={(value) => setSubject(session, group.jid, value).then(refresh)}
        />
        <EditableText
          label={t.groups.description}
          value={group.description}
          placeholder={t.groups.noDescription}
          maxLength={LONGEST_DESCRIPTION}
          isLong
          onSave={(value) => setDescription(session, group.jid, value).then(refresh)}
        />
        <Facts
          of={[
            [t.groups.id, <Copyable text={group.jid} />],
            group.owner ? [t.groups.owner, <bdi>{nameOf(group.owner)}</bdi>] : null,
            [t.groups.created, <Ago at={group.createdAt} />],
          ]}
        />
      </Section>
      <Section title={t.groups.settings}>
        <div class="switches">
          <SwitchField
            label={t.groups.announce}
            hint={t.groups.announceHint}
            checked={group.isAnnounce}
            onChange={(isOn) =>
              void change(
                () => setGroupSetting(session, group.jid, isOn ? "announcement" : "not_announcement"),
                t.groups.saved,
              )
            }
          />
          <SwitchField
            label={t.groups.locked}
            hint={t.groups.lockedHint}
            checked={group.isLocked}
            onChange={(isOn) =>
              void change(() => setGroupSetting(session, group.jid, isOn ? "locked" : "unlocked"), t.groups.saved)
            }
          />
          <SelectField
            label={t.groups.ephemeral}
            value={String(group.ephemeral)}
            onChange={(value) => void change(() => setEphemeral(session, group.jid, Number(value)), t.groups.saved)}
            options={EPHEMERAL.map((seconds) => ({ value: String(seconds), label: t.groups.ephemeralOf[seconds] }))}
          />
        </div>
      </Section>
      <Invite session={session} jid={group.jid} />
      <Members session={session} group={group} onChanged={refresh} />
    </div>
  );
}
