/** What can be done to a session, with the questions that come first. */

import { type Action, act, deleteSession, type Session } from "../../api/sessions";
import { go, place } from "../../app/router";
import { invalidate } from "../../data/resource";
import { attempt } from "../../state/toasts";
import { t } from "../../text/en";
import { confirm } from "../../ui/confirm";

export async function steer(slug: string, action: Action): Promise<void> {
  await attempt(() => act(slug, action), t.session.done[action]);
  invalidate("session");
}

export async function logoutAsked(session: Session): Promise<void> {
  const isSure = await confirm({
    title: t.session.logoutTitle(session.name),
    text: <p>{t.session.logoutText}</p>,
    verb: t.session.logout,
    isDanger: true,
  });
  if (isSure) await steer(session.slug, "logout");
}

export async function deleteAsked(session: Session): Promise<void> {
  const isSure = await confirm({
    title: t.session.deleteTitle(session.name),
    text: <p>{t.session.deleteText}</p>,
    verb: t.session.delete,
    isDanger: true,
    mustType: session.slug,
  });
  if (!isSure || !(await attempt(() => deleteSession(session.slug), t.session.deleted(session.name)))) return;
  invalidate("session");
  if (place.value.parts[1] === session.slug) go("#/sessions", true);
}
