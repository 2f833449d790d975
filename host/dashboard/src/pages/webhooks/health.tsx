/** How a receiver does, in a colour and a word. */

import type { Health } from "../../api/webhooks";
import { t } from "../../text/en";
import { State, type Tone } from "../../ui/bits";

const TONES: Record<Health["state"], Tone> = {
  ACTIVE: "ok",
  FAILING: "warn",
  WAITING: "warn",
  PAUSED: "idle",
  DISABLED: "bad",
};

export function WebhookState({ health }: { health: Health }) {
  return <State tone={TONES[health.state]}>{t.webhooks.health[health.state]}</State>;
}
