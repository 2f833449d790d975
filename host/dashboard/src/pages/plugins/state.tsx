import type { Plugin } from "../../api/plugins";
import { t } from "../../text/en";
import { State, type Tone } from "../../ui/bits";

const TONES: Record<string, Tone> = {
  running: "ok",
  loading: "info",
  disabled: "idle",
  refused: "bad",
  suspended: "warn",
};

export function PluginState({ plugin }: { plugin: Plugin }) {
  const word = t.plugins.states[plugin.state as keyof typeof t.plugins.states] ?? plugin.state;
  return (
    <State tone={TONES[plugin.state] ?? "idle"} isPulsing={plugin.state === "loading"}>
      {word}
    </State>
  );
}
