/** A form that is being sent: busy, and what the gateway said against it. */

import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { type ApiError, asApiError } from "../api/error";
import { t } from "../text/en";
import { Notice } from "./states";

export interface Sending {
  isBusy: boolean;
  error: ApiError | null;
  /** What is wrong with a field, by any of the names it goes by. */
  at: (...names: string[]) => string | null;
  /** Sends; true when it went well. */
  send: (what: () => Promise<unknown>) => Promise<boolean>;
  clear: () => void;
}

/** Which fields of an error stand beside a field already: nothing has to be said twice. */
const placed = new WeakMap<ApiError, Set<string>>();

function place(error: ApiError, name: string): string {
  const names = placed.get(error) ?? new Set();
  placed.set(error, names.add(name));
  return error.fields[name] ?? "";
}

/** What has to be put right first takes the focus. */
function focusWrong(): void {
  const where = document.querySelector("dialog[open]") ?? document.querySelector("main");
  where?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
}

export function useSending(): Sending {
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError | null>(null);
  return {
    isBusy,
    error,
    at: (...names) => {
      if (!error) return null;
      const name = names.find((one) => error.fields[one] !== undefined);
      if (name) return place(error, name);
      // "sessionId is already taken" names its field as well.
      const first = error.isPassing ? undefined : names.find((one) => error.message.startsWith(`${one} `));
      if (!first) return null;
      error.fields[first] = error.message;
      return place(error, first);
    },
    clear: () => setError(null),
    send: async (what) => {
      setBusy(true);
      setError(null);
      try {
        await what();
        return true;
      } catch (thrown) {
        setError(asApiError(thrown));
        setTimeout(focusWrong);
        return false;
      } finally {
        setBusy(false);
      }
    },
  };
}

/** The gateway's words; which fields they are about stands beside those. */
export function FormError({ error }: { error: ApiError | null }) {
  if (!error) return null;
  const names = Object.keys(error.fields);
  const isPlaced = names.length > 0 && names.every((name) => placed.get(error)?.has(name));
  return (
    <Notice kind="error" title={isPlaced ? t.errors.seeFields : error.message}>
      {error.retryAfter !== null ? <p>{t.errors.retryAfter(error.retryAfter)}</p> : null}
      {error.requestId ? <RequestId id={error.requestId} /> : null}
    </Notice>
  );
}

export function RequestId({ id }: { id: string }) {
  return (
    <p class="request-id">
      {t.errors.requestId} <code>{id}</code>
    </p>
  );
}

export function Form({
  onSubmit,
  children,
  class: name,
}: {
  onSubmit: () => unknown;
  children: ComponentChildren;
  class?: string;
}) {
  return (
    <form
      class={name ?? "form"}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void onSubmit();
      }}
    >
      {children}
    </form>
  );
}
