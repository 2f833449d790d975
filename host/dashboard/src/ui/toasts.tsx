import { CircleAlert, CircleCheck, X } from "lucide";
import { dismiss, toasts } from "../state/toasts";
import { t } from "../text/en";
import { IconButton } from "./button";
import { Icon } from "./icon";

export function Toasts() {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.value.map((toast) => (
        <div key={toast.id} class={`toast ${toast.kind}`}>
          <Icon of={toast.kind === "done" ? CircleCheck : CircleAlert} />
          <p>
            {toast.text}
            {toast.requestId ? (
              <small>
                {t.errors.requestId} <code>{toast.requestId}</code>
              </small>
            ) : null}
          </p>
          <IconButton icon={X} isSmall label={t.actions.dismiss} onClick={() => dismiss(toast.id)} />
        </div>
      ))}
    </div>
  );
}
