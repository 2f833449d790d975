import type { Broadcast } from "../../api/automation";
import type { Tone } from "../../ui/bits";

export const TONES: Record<Broadcast["status"], Tone> = {
  running: "info",
  paused: "warn",
  completed: "ok",
  cancelled: "idle",
  failed: "bad",
};
