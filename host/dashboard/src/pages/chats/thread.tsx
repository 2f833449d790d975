/** The messages of a chat, the newest at the bottom, where the view stays unless somebody scrolls away. */

import { ArrowDown, MessageSquareText } from "lucide";
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Message } from "../../api/chats";
import { dayKey, dayLine } from "../../logic/format";
import { rows } from "../../logic/thread";
import { now } from "../../state/now";
import type { Outgoing } from "../../state/outbox";
import { t } from "../../text/en";
import { Button } from "../../ui/button";
import { Icon } from "../../ui/icon";
import { Empty } from "../../ui/states";
import { MessageItem } from "./message";
import { OutgoingItem } from "./outgoing";

interface Props {
  session: string;
  jid: string;
  messages: Message[];
  onTheirWay: Outgoing[];
  /** The message to show, by its id. */
  at: string | null;
  hasOlder: boolean;
  isLoadingOlder: boolean;
  onOlder: () => Promise<void>;
  onReply: (message: Message) => void;
  onEdit: (message: Message) => void;
  onChanged: () => void;
}

/** Closer to the end than this counts as being there. */
const NEAR = 80;
/** A message further back than this many pages is not looked for. */
const MOST_PAGES = 20;

export function Thread(props: Props) {
  const { messages, onTheirWay, at, hasOlder, isLoadingOlder, onOlder } = props;
  const box = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  const before = useRef<{ height: number; first: string } | null>(null);
  const [fresh, setFresh] = useState(0);
  const [isAway, setAway] = useState(false);
  const [active, setActive] = useState<string | null>(null);
  const lastKey = messages.at(-1)?.key ?? "";
  const seen = useRef(lastKey);
  const drawn = useMemo(() => rows(messages), [messages]);
  const rowsBox = useRef<HTMLDivElement>(null);
  const isEmpty = messages.length === 0 && onTheirWay.length === 0;

  // Older messages come in above: what is being read stays where it is.
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    const first = messages[0]?.key ?? "";
    if (before.current && before.current.first !== first && !isAtEnd.current)
      element.scrollTop += element.scrollHeight - before.current.height;
    else if (isAtEnd.current && at === null) element.scrollTop = element.scrollHeight;
    before.current = { height: element.scrollHeight, first };
  }, [messages, onTheirWay.length, at]);

  // Heights are guessed until a message was drawn once, and pictures come later; the frame gets smaller when the window does,
  // or the line to write on grows: the end stays the end meanwhile.
  useEffect(() => {
    const [element, inner] = [box.current, rowsBox.current];
    if (!element || !inner) return;
    const observer = new ResizeObserver(() => {
      if (isAtEnd.current) element.scrollTop = element.scrollHeight;
    });
    observer.observe(inner);
    observer.observe(element);
    return () => observer.disconnect();
  }, [isEmpty]);

  useEffect(() => {
    if (lastKey === seen.current) return;
    const from = messages.findIndex((one) => one.key === seen.current);
    if (!isAtEnd.current && from >= 0)
      setFresh((count) => count + messages.slice(from + 1).filter((one) => !one.fromMe).length);
    seen.current = lastKey;
  }, [lastKey, messages]);

  // A message that was asked for may be further back than what is loaded.
  const looked = useRef(0);
  const isThere = at !== null && messages.some((one) => one.key === at);
  useEffect(() => {
    if (at === null) return;
    if (isThere) {
      isAtEnd.current = false;
      setActive(at);
      box.current?.querySelector(`[data-key="${CSS.escape(at)}"]`)?.scrollIntoView({ block: "center" });
    } else if (hasOlder && !isLoadingOlder && looked.current < MOST_PAGES) {
      looked.current += 1;
      void onOlder();
    }
  }, [at, isThere, hasOlder, isLoadingOlder, onOlder]);

  const onScroll = useCallback(() => {
    const element = box.current;
    if (!element) return;
    isAtEnd.current = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR;
    setAway(!isAtEnd.current);
    if (isAtEnd.current) setFresh(0);
  }, []);

  const toEnd = () => {
    const element = box.current;
    if (element) element.scrollTop = element.scrollHeight;
  };

  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    const target = event.target as HTMLElement;
    if (step === undefined || (target !== box.current && !target.hasAttribute("data-key"))) return;
    event.preventDefault();
    const index = messages.findIndex((one) => one.key === active);
    const next = messages[index < 0 ? messages.length - 1 : Math.max(0, Math.min(messages.length - 1, index + step))];
    if (!next) return;
    setActive(next.key);
    box.current?.querySelector<HTMLElement>(`[data-key="${CSS.escape(next.key)}"]`)?.focus();
  };

  if (isEmpty) {
    return (
      <div class="thread">
        <Empty icon={MessageSquareText} title={t.chats.noMessagesTitle}>
          <p>{t.chats.noMessagesText}</p>
        </Empty>
      </div>
    );
  }
  return (
    <div class="thread-frame">
      {/* What scrolls has to be reached by the keyboard. */}
      <div
        ref={box}
        class="thread"
        role="log"
        aria-label={t.chats.log}
        tabIndex={0}
        onScroll={onScroll}
        onKeyDown={onKeyDown}
      >
        <div ref={rowsBox} class="thread-rows">
          {hasOlder ? (
            <div class="older">
              <Button isSmall isBusy={isLoadingOlder} onClick={onOlder}>
                {t.chats.older}
              </Button>
            </div>
          ) : (
            <p class="older faint small">{t.chats.start}</p>
          )}
          {drawn.map((row) => (
            <MessageItem
              key={row.message.key}
              row={row}
              day={row.day ? dayLine(row.message.at, now.value) : null}
              session={props.session}
              jid={props.jid}
              isActive={row.message.key === active}
              isMarked={row.message.key === at}
              onFocus={setActive}
              onReply={props.onReply}
              onEdit={props.onEdit}
              onChanged={props.onChanged}
            />
          ))}
          {onTheirWay.map((one, index) => (
            <OutgoingItem
              key={one.id}
              one={one}
              day={index === 0 && needsDay(messages, one) ? dayLine(one.at, now.value) : null}
            />
          ))}
        </div>
      </div>
      {isAway ? (
        <button type="button" class="to-end" onClick={toEnd}>
          <ToEnd fresh={fresh} />
        </button>
      ) : null}
    </div>
  );
}

function needsDay(messages: Message[], one: Outgoing): boolean {
  const last = messages.at(-1);
  return !last || dayKey(last.at) !== dayKey(one.at);
}

function ToEnd({ fresh }: { fresh: number }) {
  return (
    <>
      <Icon of={ArrowDown} size={18} />
      {fresh > 0 ? <span class="count">{fresh}</span> : null}
      <span class="unseen">{fresh > 0 ? t.chats.newBelow(fresh) : t.chats.toEnd}</span>
    </>
  );
}
