/** What was posted and answered, try by try. */

import { type Delivery, fetchTries } from "../../api/webhooks";
import { useResource } from "../../data/resource";
import { t } from "../../text/en";
import { Ago, Badge } from "../../ui/bits";
import { Dialog } from "../../ui/dialog";
import { Loaded } from "../../ui/states";

interface Props {
  session: string;
  webhook: string;
  delivery: Delivery;
  onClose: () => void;
}

export function Tries({ session, webhook, delivery, onClose }: Props) {
  const tries = useResource(`tries:${delivery.id}:${delivery.attempts}`, (signal) =>
    fetchTries(session, webhook, delivery.id, signal),
  );
  return (
    <Dialog title={t.webhooks.triesOf(delivery.event)} size="large" onClose={onClose}>
      <Loaded from={tries} rows={4}>
        {(list) =>
          list.length === 0 ? (
            <p class="faint">{t.webhooks.noTries}</p>
          ) : (
            <>
              <ol class="rows">
                {list.map((one) => (
                  <li key={one.id} class="try">
                    <p>
                      <Badge tone={one.isGood ? "ok" : "bad"}>{one.statusCode ?? t.webhooks.testUnreached}</Badge>{" "}
                      <Ago at={one.at} /> <span class="faint">{one.ms === null ? "" : `${one.ms} ms`}</span>
                    </p>
                    {one.error ? <p class="bad">{one.error}</p> : null}
                    <details>
                      <summary>{t.webhooks.answerBody}</summary>
                      <pre class="body-text">{one.response ?? t.webhooks.answerHidden}</pre>
                    </details>
                  </li>
                ))}
              </ol>
              <h3>{t.webhooks.sentBody}</h3>
              <pre class="body-text">{list[0]?.request}</pre>
            </>
          )
        }
      </Loaded>
    </Dialog>
  );
}
