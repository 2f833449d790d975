/** What the gateway says when it does not do what it was asked for. */

import { isRecord } from "./read";

export class ApiError extends Error {
  /** HTTP status; 0 when the gateway was not reached. */
  readonly status: number;
  /** A stable word for programs, such as `session_not_ready`. */
  readonly code: string;
  /** What to look for in the gateway's log. */
  readonly requestId: string | null;
  /** Texts by field, where the gateway blames fields. */
  readonly fields: Record<string, string>;
  readonly line: number | null;
  readonly column: number | null;
  /** Seconds to wait before the next try. */
  readonly retryAfter: number | null;

  constructor(parts: {
    status: number;
    message: string;
    code?: string;
    requestId?: string | null;
    fields?: Record<string, string>;
    line?: number | null;
    column?: number | null;
    retryAfter?: number | null;
  }) {
    super(parts.message);
    this.name = "ApiError";
    this.status = parts.status;
    this.code = parts.code ?? "";
    this.requestId = parts.requestId ?? null;
    this.fields = parts.fields ?? {};
    this.line = parts.line ?? null;
    this.column = parts.column ?? null;
    this.retryAfter = parts.retryAfter ?? null;
  }

  /** Whether another try may go better without anybody changing anything. */
  get isPassing(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

/** An error from the body of an answer, whatever its form. */
export function errorFrom(status: number, body: unknown, retryAfter: string | null, fallback: string): ApiError {
  const record = isRecord(body) ? body : {};
  const text = [record.message, record.error].find((value) => typeof value === "string" && value !== "");
  const message = typeof text === "string" ? text : fallback;
  const seconds = Number.parseInt(retryAfter ?? "", 10);
  return new ApiError({
    status,
    message,
    code: typeof record.code === "string" ? record.code : "",
    requestId: typeof record.requestId === "string" ? record.requestId : null,
    fields: blamed(record, message),
    line: typeof record.line === "number" ? record.line : null,
    column: typeof record.column === "number" ? record.column : null,
    retryAfter: Number.isFinite(seconds) ? seconds : null,
  });
}

/** `fields`, else `field`, else the name in front of a message such as `phoneNumber: has too few digits`. */
function blamed(record: Record<string, unknown>, message: string): Record<string, string> {
  if (isRecord(record.fields)) {
    const texts = Object.entries(record.fields).filter(
      (entry): entry is [string, string] => typeof entry[1] === "string",
    );
    return Object.fromEntries(texts);
  }
  const rest = /^([a-zA-Z][\w.[\]]{0,60}): (.+)$/s.exec(message);
  if (typeof record.field === "string" && record.field !== "") {
    return { [record.field]: rest?.[1] === record.field ? (rest[2] ?? message) : message };
  }
  return rest?.[1] && rest[2] ? { [rest[1]]: rest[2] } : {};
}

/** Any thrown value as one that can be shown. */
export function asApiError(thrown: unknown): ApiError {
  if (thrown instanceof ApiError) return thrown;
  return new ApiError({ status: 0, message: thrown instanceof Error ? thrown.message : String(thrown) });
}
