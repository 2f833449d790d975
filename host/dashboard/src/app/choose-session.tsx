/** A page of a session whose address names none: the session that was shown last, or what is missing. */

import { MonitorSmartphone } from "lucide";
import { useEffect } from "preact/hooks";
import { fetchSessions } from "../api/sessions";
import { useResource } from "../data/resource";
import { lastSession } from "../state/prefs";
import { mayManage } from "../state/viewer";
import { t } from "../text/en";
import { ButtonLink } from "../ui/button";
import { Page } from "../ui/page";
import { Empty, Loaded, Skeleton } from "../ui/states";
import { go, type Place, to } from "./router";

export function ChooseSession({ place }: { place: Place }) {
  const sessions = useResource("sessions", fetchSessions);
  const page = place.parts[0] ?? "sessions";
  const query = String(place.query) && `?${place.query}`;
  const last = lastSession.peek();
  const chosen = (sessions.data?.find((one) => one.slug === last) ?? sessions.data?.[0])?.slug;

  useEffect(() => {
    if (chosen) go(to(page, chosen) + query, true);
  }, [page, chosen, query]);

  return (
    <Page title={t.nav.session}>
      <Loaded from={sessions}>
        {() =>
          chosen ? (
            <Skeleton rows={8} label={t.states.loading} />
          ) : (
            <Empty
              icon={MonitorSmartphone}
              title={t.sessions.emptyTitle}
              action={<ButtonLink href="#/sessions">{t.sessions.title}</ButtonLink>}
            >
              <p>{mayManage() ? t.sessions.emptyText : t.sessions.emptyStaff}</p>
            </Empty>
          )
        }
      </Loaded>
    </Page>
  );
}
