import { useState } from "preact/hooks";
import { sendLocation } from "../../api/chats";
import { t } from "../../text/en";
import { Button } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { TextField } from "../../ui/field";
import { Form, FormError, useSending } from "../../ui/form";

export function SendLocation({ session, jid, onClose }: { session: string; jid: string; onClose: () => void }) {
  const [latitude, setLatitude] = useState("");
  const [longitude, setLongitude] = useState("");
  const [name, setName] = useState("");
  const sending = useSending();
  const within = (text: string, most: number) =>
    text.trim() !== "" && Number.isFinite(Number(text)) && Math.abs(Number(text)) <= most;
  const isReady = within(latitude, 90) && within(longitude, 180);
  const send = async () => {
    const spot = { latitude: Number(latitude), longitude: Number(longitude), name: name.trim() };
    if (await sending.send(() => sendLocation(session, jid, spot))) onClose();
  };
  const wrong = (text: string, most: number) => (text !== "" && !within(text, most) ? t.chats.degrees(most) : null);
  return (
    <Dialog
      title={t.chats.location}
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t.actions.cancel}</Button>
          <Button look="primary" isBusy={sending.isBusy} disabled={!isReady} onClick={send}>
            {t.chats.send}
          </Button>
        </>
      }
    >
      <Form onSubmit={() => (isReady ? send() : undefined)}>
        <div class="pair">
          <TextField
            label={t.chats.latitude}
            value={latitude}
            onInput={setLatitude}
            inputMode="text"
            error={wrong(latitude, 90) ?? sending.at("latitude")}
          />
          <TextField
            label={t.chats.longitude}
            value={longitude}
            onInput={setLongitude}
            inputMode="text"
            error={wrong(longitude, 180) ?? sending.at("longitude")}
          />
        </div>
        <TextField label={t.chats.placeName} value={name} onInput={setName} />
        <FormError error={sending.error} />
        <button type="submit" hidden />
      </Form>
    </Dialog>
  );
}
