import { Tags } from "lucide";
import { fetchChatLabels, fetchLabels, setChatLabel } from "../../api/people";
import { to } from "../../app/router";
import { invalidate, useResource } from "../../data/resource";
import { attempt } from "../../state/toasts";
import { t } from "../../text/en";
import { ButtonLink } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { CheckField } from "../../ui/field";
import { LabelMark } from "../../ui/label-mark";
import { Empty, Loaded } from "../../ui/states";

export function ChatLabels({ session, jid, onClose }: { session: string; jid: string; onClose: () => void }) {
  const all = useResource(`labels:${session}`, (signal) => fetchLabels(session, signal));
  const own = useResource(`chat-labels:${session}:${jid}`, (signal) => fetchChatLabels(session, jid, signal));
  const taken = new Set(own.data?.map((label) => label.id));
  const change = async (id: string, isOn: boolean) => {
    if (!(await attempt(() => setChatLabel(session, jid, id, isOn)))) return;
    invalidate(`chat-labels:${session}`);
    invalidate(`labels:${session}`);
  };
  return (
    <Dialog title={t.chats.labels} onClose={onClose}>
      <Loaded from={all} rows={3}>
        {(labels) =>
          labels.length === 0 ? (
            <Empty
              icon={Tags}
              title={t.labels.emptyTitle}
              action={<ButtonLink href={to("labels", session)}>{t.labels.create}</ButtonLink>}
            />
          ) : (
            <div class="checks">
              {labels.map((label) => (
                <CheckField
                  key={label.id}
                  label={<LabelMark label={label} />}
                  checked={taken.has(label.id)}
                  disabled={own.data === undefined}
                  onChange={(isOn) => void change(label.id, isOn)}
                />
              ))}
            </div>
          )
        }
      </Loaded>
    </Dialog>
  );
}
