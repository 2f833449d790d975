/** A number that grows whenever something happened on the network: what shows it loads again. */

import { useEffect, useRef, useState } from "preact/hooks";
import { fetchNetwork, waitForEvents } from "../api/sandbox";
import { whenVisible } from "../live/visible";

/** After a failure, before the next try. */
const PAUSE_MS = 2_000;
/** Several events in a row count once. */
const SETTLE_MS = 120;

export function usePulse(then: () => void): number {
  const [pulse, setPulse] = useState(0);
  const latest = useRef(then);
  latest.current = then;

  useEffect(() => {
    const abort = new AbortController();
    const rest = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
    const run = async () => {
      let after: number | null = null;
      while (!abort.signal.aborted) {
        await whenVisible(abort.signal);
        if (abort.signal.aborted) return;
        try {
          after ??= (await fetchNetwork(abort.signal)).lastEvent;
          const { next, count } = await waitForEvents(after, abort.signal);
          after = next;
          if (count === 0) continue;
          await rest(SETTLE_MS);
          if (abort.signal.aborted) return;
          setPulse((n) => n + 1);
          latest.current();
        } catch {
          if (abort.signal.aborted) return;
          // A network that was started again counts from one.
          after = null;
          await rest(PAUSE_MS);
        }
      }
    };
    void run();
    return () => abort.abort();
  }, []);
  return pulse;
}
