/** Pictures, films, sounds, files, places and cards in a message. Files come from this gateway alone; any other address is only a link. */

import { Contact, Download, File as FileIcon, ImageOff, MapPin } from "lucide";
import { useState } from "preact/hooks";
import { type Message, mediaOf } from "../../api/chats";
import { saved, shown } from "../../logic/filename";
import { bytes } from "../../logic/format";
import { external, ownFile } from "../../logic/links";
import { t } from "../../text/en";
import { Button } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { Icon } from "../../ui/icon";
import { ExternalLink } from "../../ui/link";

export function Media({ message, session }: { message: Message; session: string }) {
  if (message.type === "LOCATION") return <Location content={message.content ?? ""} />;
  if (message.type === "CONTACT") {
    return (
      <p class="file">
        <Icon of={Contact} size={20} />
        <span>
          <bdi>{shown(message.content ?? t.kinds.CONTACT)}</bdi>
          <small>{t.kinds.CONTACT}</small>
        </span>
      </p>
    );
  }
  return <OwnFile message={message} session={session} />;
}

function OwnFile({ message, session }: { message: Message; session: string }) {
  const own = ownFile(message.mediaUrl);
  const elsewhere = own ? null : external(message.mediaUrl);
  // Nothing was stored: the gateway fetches it when somebody asks.
  const [isWanted, setWanted] = useState(false);
  const source = own ?? (isWanted ? mediaOf(session, message) : null);
  if (elsewhere) return <ExternalLink href={elsewhere}>{t.chats.mediaElsewhere}</ExternalLink>;
  if (message.type === "DOCUMENT") return <Document message={message} href={own ?? mediaOf(session, message)} />;
  if (!source) {
    return (
      <div class="media-wanted">
        <Icon of={ImageOff} size={20} />
        <span>{t.kinds[message.type as keyof typeof t.kinds]}</span>
        <Button isSmall icon={Download} onClick={() => setWanted(true)}>
          {t.chats.loadMedia}
        </Button>
      </div>
    );
  }
  if (message.type === "IMAGE" || message.type === "STICKER") return <Picture message={message} source={source} />;
  if (message.type === "VIDEO") {
    // Nobody has written any.
    return <video class="media-video" src={source} controls preload="metadata" />;
  }
  // As above.
  return <audio class="media-audio" src={source} controls preload="none" />;
}

function Picture({ message, source }: { message: Message; source: string }) {
  const [isOpen, setOpen] = useState(false);
  const [isBroken, setBroken] = useState(false);
  const isSticker = message.type === "STICKER";
  const label = isSticker ? t.kinds.STICKER : message.content || t.kinds.IMAGE;
  if (isBroken) {
    return (
      <p class="media-wanted">
        <Icon of={ImageOff} size={20} /> <span>{t.chats.mediaGone}</span>
      </p>
    );
  }
  return (
    <>
      <button
        type="button"
        class={isSticker ? "media-sticker" : "media-open"}
        onClick={() => setOpen(true)}
        aria-label={t.chats.openImage(shown(label))}
      >
        <img src={source} alt="" loading="lazy" decoding="async" onError={() => setBroken(true)} />
      </button>
      {isOpen ? (
        <Dialog title={t.kinds[message.type as keyof typeof t.kinds]} size="large" onClose={() => setOpen(false)}>
          <img class="media-full" src={source} alt={label} />
          <p class="media-foot">
            <a href={source} download={saved(message.fileName ?? `${message.key}.jpg`)}>
              {t.chats.save}
            </a>
          </p>
        </Dialog>
      ) : null}
    </>
  );
}

function Document({ message, href }: { message: Message; href: string }) {
  const name = message.fileName ?? message.content ?? t.kinds.DOCUMENT;
  return (
    <a class="file" href={href} download={saved(name)} rel="noopener">
      <Icon of={FileIcon} size={20} />
      <span>
        <bdi>{shown(name)}</bdi>
        <small>
          {[message.mimeType, message.fileSize === null ? null : bytes(message.fileSize)].filter(Boolean).join(" · ") ||
            t.kinds.DOCUMENT}
        </small>
      </span>
      <Icon of={Download} />
    </a>
  );
}

function Location({ content }: { content: string }) {
  const place = /^\s*(-?\d{1,2}(?:\.\d+)?)\s*,\s*(-?\d{1,3}(?:\.\d+)?)/.exec(content);
  const text = place ? `${Number(place[1]).toFixed(5)}, ${Number(place[2]).toFixed(5)}` : content;
  return (
    <p class="file">
      <Icon of={MapPin} size={20} />
      <span>
        <bdi>{text}</bdi>
        {place ? (
          <ExternalLink
            href={`https://www.openstreetmap.org/?mlat=${place[1]}&mlon=${place[2]}#map=16/${place[1]}/${place[2]}`}
          >
            {t.chats.openMap}
          </ExternalLink>
        ) : null}
      </span>
    </p>
  );
}
