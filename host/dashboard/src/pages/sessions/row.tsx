import { LogOut, Play, RotateCw, Square, Trash2 } from "lucide";
import type { Session } from "../../api/sessions";
import { to } from "../../app/router";
import { short } from "../../logic/format";
import { display } from "../../logic/jid";
import { mayManage, mayOwn, viewer } from "../../state/viewer";
import { t } from "../../text/en";
import { Name } from "../../ui/bits";
import { Menu } from "../../ui/menu";
import { SessionState } from "../../ui/session-state";
import type { RowPlace } from "../../ui/virtual-list";
import { deleteAsked, logoutAsked, steer } from "../session/actions";

export function SessionRow({ session, row }: { session: Session; row: RowPlace }) {
  const isRunning = session.status !== "STOPPED" && session.status !== "LOGGED_OUT";
  return (
    <div class="session-row">
      <a class="row-link" data-row tabIndex={row.tabIndex} href={to("session", session.slug)}>
        <span class="session-main">
          <strong>
            <Name of={session.name} />
          </strong>
          <small>
            <code>{session.slug}</code>
            {session.owner && session.userId !== viewer.value?.id ? ` · ${t.sessions.of(session.owner)}` : null}
          </small>
        </span>
        <span class="session-state">
          <SessionState status={session.status} />
          <small>{session.cause ?? about(session)}</small>
        </span>
        <span class="session-counts" aria-hidden="true">
          <span>
            <strong>{short(session.counts.messages)}</strong> {t.sessions.messages(session.counts.messages)}
          </span>
          <span>
            <strong>{short(session.counts.contacts)}</strong> {t.sessions.contacts(session.counts.contacts)}
          </span>
        </span>
      </a>
      {mayManage() ? (
        <Menu
          label={t.actions.of(session.name)}
          tabIndex={row.tabIndex}
          items={[
            !isRunning && { label: t.session.start, icon: Play, onClick: () => steer(session.slug, "start") },
            isRunning && { label: t.session.restart, icon: RotateCw, onClick: () => steer(session.slug, "restart") },
            isRunning && { label: t.session.stop, icon: Square, onClick: () => steer(session.slug, "stop") },
            mayOwn(session) &&
              session.me !== null && { label: t.session.logout, icon: LogOut, onClick: () => logoutAsked(session) },
            mayOwn(session) && {
              label: t.session.delete,
              icon: Trash2,
              isDanger: true,
              onClick: () => deleteAsked(session),
            },
          ]}
        />
      ) : null}
    </div>
  );
}

function about(session: Session): string {
  if (session.me) return display(session.me.id);
  return session.me === null && session.status !== "CONNECTED" ? t.sessions.notLinked : "";
}
