/** The phone itself: its chats, or one of them. */

import { MessageCirclePlus, UsersRound } from "lucide";
import { useEffect, useMemo, useState } from "preact/hooks";
import { fetchBubbles, fetchRooms, type Phone } from "../api/sandbox";
import { useResource } from "../data/resource";
import { atClock, stamp } from "../logic/format";
import { now } from "../state/now";
import { t } from "../text/en";
import { Avatar } from "../ui/bits";
import { Icon } from "../ui/icon";
import { Loaded } from "../ui/states";
import { TickMark } from "../ui/ticks";
import { NewPhoneChat } from "./new-chat";
import { snippet } from "./snippet";
import { PhoneThread } from "./thread";
import { type PhoneChat, place, threads } from "./threads";

interface Props {
  phone: Phone;
  phones: Phone[];
  chat: string | null;
  pulse: number;
}

export function Handset({ phone, phones, chat, pulse }: Props) {
  const bubbles = useResource(`bubbles:${phone.number}`, (signal) => fetchBubbles(phone.number, signal));
  // A network without groups has none to show.
  const rooms = useResource("rooms", (signal) => fetchRooms(signal).catch(() => []));
  const [isNew, setNew] = useState(false);
  // The network says when something changed.
  useEffect(() => {
    bubbles.reload();
    rooms.reload();
  }, [pulse]);
  const all = useMemo(
    () => threads(bubbles.data ?? [], phone.number, phones, rooms.data ?? []),
    [bubbles.data, phone.number, phones, rooms.data],
  );
  const jid = chat ? place(chat, phones) : null;
  const open = jid ? (all.find((one) => one.jid === jid) ?? emptyChat(jid, phones)) : null;

  return (
    <section class="handset" aria-label={t.phone.of(phone.name)}>
      <div class="handset-bar" aria-hidden="true">
        <span>{atClock(now.value)}</span>
        <span>{phone.name}</span>
      </div>
      {open ? (
        <PhoneThread key={open.jid} phone={phone} phones={phones} chat={open} onChanged={bubbles.reload} />
      ) : (
        <>
          <header class="handset-head">
            <h2>{t.phone.chats}</h2>
            <button
              type="button"
              class="button quiet only-icon"
              aria-label={t.phone.newChat}
              title={t.phone.newChat}
              onClick={() => setNew(true)}
            >
              <Icon of={MessageCirclePlus} />
            </button>
          </header>
          <div class="handset-list">
            <Loaded from={bubbles} rows={5}>
              {() =>
                all.length === 0 ? (
                  <div class="handset-empty">
                    <p>{t.phone.noChats}</p>
                    <button type="button" class="button primary" onClick={() => setNew(true)}>
                      <span>{t.phone.newChat}</span>
                    </button>
                  </div>
                ) : (
                  <ul>
                    {all.map((one) => (
                      <li key={one.jid}>
                        <Row phone={phone} chat={one} />
                      </li>
                    ))}
                  </ul>
                )
              }
            </Loaded>
          </div>
        </>
      )}
      {isNew ? (
        <NewPhoneChat phone={phone} phones={phones} onClose={() => setNew(false)} onMade={rooms.reload} />
      ) : null}
    </section>
  );
}

function emptyChat(jid: string, phones: Phone[]): PhoneChat {
  return (
    threads([], "", phones, [{ jid, subject: jid, members: [""] }])[0] ?? {
      jid,
      name: jid,
      isGroup: false,
      bubbles: [],
      unread: 0,
    }
  );
}

function Row({ phone, chat }: { phone: Phone; chat: PhoneChat }) {
  const last = chat.bubbles.at(-1);
  return (
    <a class="chat-row" href={`#/phone/${phone.number}/${encodeURIComponent(chat.jid)}`}>
      {chat.isGroup ? (
        <Avatar name={chat.name} id={chat.jid} size={40} icon={UsersRound} />
      ) : (
        <Avatar name={chat.name} id={chat.jid} size={40} />
      )}
      <span class="chat-main">
        <span class="chat-line">
          <bdi class="chat-name">{chat.name}</bdi>
          {last ? <time class="chat-time">{stamp(last.at, now.value)}</time> : null}
        </span>
        <span class="chat-line">
          {last?.ticks ? <TickMark of={last.ticks} /> : null}
          <bdi class="chat-snippet">{last ? snippet(last) : t.phone.nothingYet}</bdi>
          {chat.unread > 0 ? <span class="count">{chat.unread}</span> : null}
        </span>
      </span>
    </a>
  );
}
