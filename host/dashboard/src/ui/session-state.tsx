/** A session's state in a colour and a word. */

import type { Status } from "../api/sessions";
import { t } from "../text/en";
import { State, type Tone } from "./bits";

export const TONES: Record<Status, Tone> = {
  CONNECTED: "ok",
  CONNECTING: "info",
  SCAN_QR: "warn",
  DISCONNECTED: "bad",
  STOPPED: "idle",
  LOGGED_OUT: "bad",
};

export function SessionState({ status }: { status: Status }) {
  return (
    <State tone={TONES[status]} isPulsing={status === "CONNECTING"}>
      {t.status[status]}
    </State>
  );
}
