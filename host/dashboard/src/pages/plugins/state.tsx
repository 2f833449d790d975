import type { Plugin } from "../../api/plugins";
import { t } from "../../text/en";
import { State, type Tone } from "../../ui/bits";

const TONES: Record<string, Tone> = {
  running: "ok",
  compiling: "info",
  disabled: "idle",
  refused: "bad",
  suspended: "warn",
};

export function PluginState({ plugin }: { plugin: Plugin }) {
  const word = t.plugins.states[plugin.state as keyof typeof t.plugins.states] ?? plugin.state;
  return (
    <>
      {plugin.isCompiling && plugin.state !== "compiling" ? (
        <State tone="info" isPulsing>
          {t.plugins.newVersion}
        </State>
      ) : null}
      <State tone={TONES[plugin.state] ?? "idle"} isPulsing={plugin.state === "compiling"}>
        {word}
      </State>
    </>
  );
}
