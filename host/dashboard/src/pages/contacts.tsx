/** Who the session knows. */

import { BadgeCheck, Ban, ContactRound, MessageCircle, ShieldCheck } from "lucide";
import { useCallback, useEffect, useState } from "preact/hooks";
import { type Contact, fetchContacts, setBlocked } from "../api/people";
import { to } from "../app/router";
import type { PageProps } from "../app/routes";
import { invalidate, useResource } from "../data/resource";
import { clean } from "../logic/filename";
import { count } from "../logic/format";
import { display } from "../logic/jid";
import { attempt } from "../state/toasts";
import { t } from "../text/en";
import { Avatar, Badge, SearchBox } from "../ui/bits";
import { confirm } from "../ui/confirm";
import { Icon } from "../ui/icon";
import { Menu } from "../ui/menu";
import { Page } from "../ui/page";
import { Empty, Loaded } from "../ui/states";
import { VirtualList } from "../ui/virtual-list";

const PAGE = 200;
const WAIT_MS = 250;

export default function Contacts({ place }: PageProps) {
  const session = place.parts[1] ?? "";
  const [search, setSearch] = useState("");
  const [words, setWords] = useState("");
  const [more, setMore] = useState<Contact[]>([]);
  const [page, setPage] = useState(1);
  useEffect(() => {
    const timer = setTimeout(() => setWords(search.trim()), WAIT_MS);
    return () => clearTimeout(timer);
  }, [search]);
  const first = useResource(`contacts:${session}:${words}`, (signal) =>
    fetchContacts(session, { search: words, page: 1, limit: PAGE }, signal),
  );

  // Another search starts at its first page.
  useEffect(() => {
    setMore([]);
    setPage(1);
  }, [session, words]);

  const pages = first.data?.pages ?? 1;
  const onEnd = useCallback(async () => {
    if (page >= pages) return;
    const next = page + 1;
    setPage(next);
    await attempt(async () => {
      const found = await fetchContacts(session, { search: words, page: next, limit: PAGE });
      setMore((list) => [...list, ...found.contacts]);
    });
  }, [page, pages, session, words]);

  return (
    <Page
      title={t.contacts.title}
      text={first.data ? t.contacts.summary(count(first.data.total)) : undefined}
      isFilling
    >
      <div class="toolbar">
        <SearchBox value={search} onInput={setSearch} label={t.contacts.search} />
      </div>
      <Loaded from={first}>
        {(data) => {
          const known = new Set(data.contacts.map((one) => one.jid));
          const all = [...data.contacts, ...more.filter((one) => !known.has(one.jid))];
          if (all.length === 0) {
            return words ? (
              <Empty icon={ContactRound} title={t.states.nothingFound} />
            ) : (
              <Empty icon={ContactRound} title={t.contacts.emptyTitle}>
                <p>{t.contacts.emptyText}</p>
              </Empty>
            );
          }
          return (
            <VirtualList
              items={all}
              rowHeight={56}
              keyOf={(one) => one.jid}
              label={t.contacts.title}
              class="card-list"
              onEnd={onEnd}
            >
              {(contact, row) => <ContactRow session={session} contact={contact} tabIndex={row.tabIndex} />}
            </VirtualList>
          );
        }}
      </Loaded>
    </Page>
  );
}

function ContactRow({ session, contact, tabIndex }: { session: string; contact: Contact; tabIndex: 0 | -1 }) {
  const name = clean(contact.name ?? "") || display(contact.jid);
  const block = async () => {
    const isSure = await confirm({
      title: t.contacts.blockTitle(name),
      text: <p>{t.contacts.blockText}</p>,
      verb: t.contacts.block,
      isDanger: true,
    });
    if (isSure && (await attempt(() => setBlocked(session, contact.jid, true), t.contacts.blocked(name))))
      invalidate(`contacts:${session}`);
  };
  const unblock = async () => {
    if (await attempt(() => setBlocked(session, contact.jid, false), t.contacts.unblocked(name)))
      invalidate(`contacts:${session}`);
  };
  return (
    <div class="session-row">
      <a class="row-link" data-row tabIndex={tabIndex} href={to("chats", session, contact.jid)}>
        <Avatar name={name} id={contact.jid} size={32} />
        <span class="row-main">
          <strong>
            <bdi>{name}</bdi>
            {contact.isVerified ? <Icon of={BadgeCheck} size={14} class="ok" /> : null}
          </strong>
          <small>{display(contact.jid)}</small>
        </span>
        {contact.isBlocked ? <Badge tone="bad">{t.contacts.isBlocked}</Badge> : null}
      </a>
      <Menu
        label={t.actions.of(name)}
        tabIndex={tabIndex}
        items={[
          { label: t.contacts.chat, icon: MessageCircle, href: to("chats", session, contact.jid) },
          !contact.isBlocked && { label: t.contacts.block, icon: Ban, isDanger: true, onClick: block },
          { label: t.contacts.unblock, icon: ShieldCheck, onClick: unblock },
        ]}
      />
    </div>
  );
}
