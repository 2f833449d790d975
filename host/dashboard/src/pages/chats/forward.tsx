import { useMemo, useState } from "preact/hooks";
import { forward, type Message } from "../../api/chats";
import { useChats } from "../../data/names";
import { select } from "../../logic/chat-list";
import { done } from "../../state/toasts";
import { t } from "../../text/en";
import { SearchBox } from "../../ui/bits";
import { Button } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { CheckField } from "../../ui/field";
import { FormError, useSending } from "../../ui/form";
import { Loaded } from "../../ui/states";
import { nameOf } from "./chat-row";

const SHOWN = 50;

export function ForwardDialog({
  session,
  message,
  onClose,
}: {
  session: string;
  message: Message;
  onClose: () => void;
}) {
  const chats = useChats(session);
  const [search, setSearch] = useState("");
  const [chosen, setChosen] = useState<string[]>([]);
  const sending = useSending();
  const found = useMemo(() => select(chats.data ?? [], "all", search).slice(0, SHOWN), [chats.data, search]);
  const send = async () => {
    if (!(await sending.send(() => forward(session, message.chat, message.key, chosen)))) return;
    done(t.chats.forwarded(chosen.length));
    onClose();
  };
  return (
    <Dialog
      title={t.chats.forward}
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t.actions.cancel}</Button>
          <Button look="primary" isBusy={sending.isBusy} disabled={chosen.length === 0} onClick={send}>
            {t.chats.forwardTo(chosen.length)}
          </Button>
        </>
      }
    >
      <SearchBox value={search} onInput={setSearch} label={t.chats.search} />
      <Loaded from={chats} rows={5}>
        {() => (
          <div class="checks">
            {found.map((chat) => (
              <CheckField
                key={chat.jid}
                label={<bdi>{nameOf(chat)}</bdi>}
                checked={chosen.includes(chat.jid)}
                onChange={(isOn) => setChosen(isOn ? [...chosen, chat.jid] : chosen.filter((one) => one !== chat.jid))}
              />
            ))}
          </div>
        )}
      </Loaded>
      <FormError error={sending.error} />
    </Dialog>
  );
}
