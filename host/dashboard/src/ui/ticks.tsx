/** How far a message got. */

import { Check, CheckCheck, CircleAlert, Clock3 } from "lucide";
import type { Ticks } from "../api/chats";
import { t } from "../text/en";
import { Icon } from "./icon";

const ICONS = {
  PENDING: Clock3,
  SENT: Check,
  DELIVERED: CheckCheck,
  READ: CheckCheck,
  PLAYED: CheckCheck,
  FAILED: CircleAlert,
};

export function TickMark({ of }: { of: Ticks }) {
  return (
    <span class={`ticks ${of.toLowerCase()}`} role="img" aria-label={t.ticks[of]} title={t.ticks[of]}>
      <Icon of={ICONS[of]} size={14} />
    </span>
  );
}
