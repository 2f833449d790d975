/** A file before it goes: what it is, how it is sent, what is written below it. */

import { File as FileIcon } from "lucide";
import { useEffect, useState } from "preact/hooks";
import type { MediaKind } from "../../api/chats";
import { shown } from "../../logic/filename";
import { bytes } from "../../logic/format";
import { t } from "../../text/en";
import { Button } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { AreaField, SelectField } from "../../ui/field";
import { Form } from "../../ui/form";
import { Icon } from "../../ui/icon";

export function kindFor(file: File): MediaKind {
  if (file.type.startsWith("image/") && file.type !== "image/svg+xml") return "image";
  if (file.type.startsWith("video/")) return "video";
  return file.type.startsWith("audio/") ? "audio" : "document";
}

/** As which kinds a file can go. */
function kindsFor(file: File): MediaKind[] {
  const own = kindFor(file);
  if (own === "image") return ["image", "sticker", "document"];
  if (own === "audio") return ["audio", "voice", "document"];
  return own === "video" ? ["video", "document"] : ["document"];
}

interface Props {
  file: File;
  kind: MediaKind;
  onClose: () => void;
  onSend: (media: { file: File; kind: MediaKind; preview: string | null }, caption: string) => void;
}

export function SendFile({ file, kind, onClose, onSend }: Props) {
  const kinds = kindsFor(file);
  const [as, setAs] = useState<MediaKind>(kinds.includes(kind) ? kind : kindFor(file));
  const [caption, setCaption] = useState("");
  const [preview, setPreview] = useState<string | null>(null);
  const isPicture = kindFor(file) === "image";
  useEffect(() => {
    if (!isPicture) return;
    const url = URL.createObjectURL(file);
    setPreview(url);
    return () => URL.revokeObjectURL(url);
  }, [file, isPicture]);
  const hasCaption = as === "image" || as === "video" || as === "document";
  const send = () => {
    const shownUrl = isPicture && as !== "document" ? URL.createObjectURL(file) : null;
    onSend({ file, kind: as, preview: shownUrl }, hasCaption ? caption.trim() : "");
  };
  return (
    <Dialog
      title={t.chats.sendFile}
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t.actions.cancel}</Button>
          <Button look="primary" onClick={send}>
            {t.chats.send}
          </Button>
        </>
      }
    >
      {preview ? <img class="send-preview" src={preview} alt="" /> : null}
      <p class="file">
        <Icon of={FileIcon} size={20} />
        <span>
          <bdi>{shown(file.name)}</bdi>
          <small>{[file.type || t.kinds.DOCUMENT, bytes(file.size)].join(" · ")}</small>
        </span>
      </p>
      <Form onSubmit={send}>
        {kinds.length > 1 ? (
          <SelectField
            label={t.chats.sendAs}
            value={as}
            onChange={(value) => setAs(value as MediaKind)}
            options={kinds.map((one) => ({ value: one, label: t.chats.as[one] }))}
          />
        ) : null}
        {hasCaption ? (
          <AreaField label={t.chats.caption} value={caption} onInput={setCaption} rows={2} maxLength={1024} />
        ) : null}
      </Form>
    </Dialog>
  );
}
