/** A message that has not left yet. */

import { CircleAlert, File as FileIcon, RotateCw, X } from "lucide";
import { shown } from "../../logic/filename";
import { atClock, bytes } from "../../logic/format";
import { drop, type Outgoing, retry } from "../../state/outbox";
import { t } from "../../text/en";
import { Progress } from "../../ui/bits";
import { Button } from "../../ui/button";
import { Icon } from "../../ui/icon";
import { Markup } from "../../ui/markup";
import { TickMark } from "../../ui/ticks";
import { snippet } from "./chat-row";

export function OutgoingItem({ one, day }: { one: Outgoing; day: string | null }) {
  return (
    <>
      {day ? (
        <p class="day">
          <span>{day}</span>
        </p>
      ) : null}
      <article class="msg out first last" aria-label={t.chats.onItsWay}>
        <div class="bubble">
          {one.quoted ? <blockquote class="quoted">{snippet(one.quoted.type, one.quoted.content)}</blockquote> : null}
          {one.file?.preview ? (
            <img class="media-image" src={one.file.preview} alt={shown(one.file.file.name)} />
          ) : null}
          {one.file && !one.file.preview ? (
            <p class="file">
              <Icon of={FileIcon} size={20} />
              <span>
                <bdi>{shown(one.file.file.name)}</bdi>
                <small>{bytes(one.file.file.size)}</small>
              </span>
            </p>
          ) : null}
          {one.text ? (
            <p class="msg-text">
              <Markup text={one.text} />
            </p>
          ) : null}
          {one.progress !== null ? <Progress value={Math.round(one.progress * 100)} label={t.chats.uploading} /> : null}
          <p class="msg-meta">
            <time>{atClock(one.at)}</time>
            <TickMark of={one.state === "failed" ? "FAILED" : one.state === "sent" ? "SENT" : "PENDING"} />
          </p>
        </div>
        {one.state === "failed" ? (
          <div class="msg-failed" role="alert">
            <p>
              <Icon of={CircleAlert} size={14} /> {one.error}
            </p>
            <Button isSmall icon={RotateCw} onClick={() => retry(one.id)}>
              {t.actions.retry}
            </Button>
            <Button isSmall icon={X} onClick={() => drop(one.id)}>
              {t.actions.discard}
            </Button>
          </div>
        ) : null}
      </article>
    </>
  );
}
