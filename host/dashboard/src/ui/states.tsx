/** What a page shows when it has nothing yet, nothing at all, or bad news. */

import { CircleAlert, CircleCheck, type IconNode, Info, RotateCw, TriangleAlert } from "lucide";
import type { ComponentChildren } from "preact";
import type { ApiError } from "../api/error";
import type { Resource } from "../data/resource";
import { t } from "../text/en";
import { Button } from "./button";
import { RequestId } from "./form";
import { Icon } from "./icon";

export function Skeleton({ rows = 6, label = t.states.loading }: { rows?: number; label?: string }) {
  return (
    <div class="skeleton" role="status" aria-label={label}>
      {Array.from({ length: rows }, (_, index) => (
        <span key={index} style={{ width: `${62 + ((index * 37) % 34)}%` }} />
      ))}
    </div>
  );
}

export function Empty({
  icon,
  title,
  children,
  action,
}: {
  icon: IconNode;
  title: string;
  children?: ComponentChildren;
  action?: ComponentChildren;
}) {
  return (
    <div class="empty">
      <Icon of={icon} size={28} />
      <h2>{title}</h2>
      {children ? <div class="empty-text">{children}</div> : null}
      {action ? <div class="empty-action">{action}</div> : null}
    </div>
  );
}

export function Failure({ error, onRetry }: { error: ApiError; onRetry?: () => void }) {
  return (
    <div class="failure" role="alert">
      <Icon of={CircleAlert} size={24} />
      <h2>{error.status === 403 ? t.errors.forbidden : error.status === 404 ? t.errors.notFound : t.errors.title}</h2>
      <p>{error.message}</p>
      {error.retryAfter !== null ? <p>{t.errors.retryAfter(error.retryAfter)}</p> : null}
      {error.requestId ? <RequestId id={error.requestId} /> : null}
      {onRetry && error.status !== 403 ? (
        <Button icon={RotateCw} onClick={onRetry}>
          {t.actions.retry}
        </Button>
      ) : null}
    </div>
  );
}

const NOTICE_ICONS = { info: Info, ok: CircleCheck, warning: TriangleAlert, error: CircleAlert };

export function Notice(props: {
  kind: keyof typeof NOTICE_ICONS;
  title?: ComponentChildren;
  children?: ComponentChildren;
  action?: ComponentChildren;
}) {
  const { kind, title, children, action } = props;
  return (
    <div class={`notice ${kind}`} role={kind === "error" ? "alert" : "note"}>
      <Icon of={NOTICE_ICONS[kind]} />
      <div class="notice-body">
        {title ? <p class="notice-title">{title}</p> : null}
        {children}
      </div>
      {action}
    </div>
  );
}

/** The three states of something loaded, so that no page forgets one. Old data stays while new data fails to come. */
export function Loaded<T>(props: { from: Resource<T>; children: (data: T) => ComponentChildren; rows?: number }) {
  const { data, error, reload } = props.from;
  // What is gone or forbidden by now is not shown any longer.
  const isOver = error !== null && (error.status === 404 || error.status === 403);
  if (data === undefined || isOver)
    return error ? <Failure error={error} onRetry={reload} /> : <Skeleton rows={props.rows ?? 6} />;
  return (
    <>
      {error ? (
        <Notice
          kind="warning"
          title={t.states.stale}
          action={
            <Button isSmall onClick={reload}>
              {t.actions.retry}
            </Button>
          }
        >
          <p>{error.message}</p>
        </Notice>
      ) : null}
      {props.children(data)}
    </>
  );
}
