// Requests and answers.

export class HttpError extends Error {
  constructor(status, message, code = "invalid", extra = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.extra = extra;
  }
}

/** A complaint about a field, in the gateway's form. */
export const wrong = (field, text) => new HttpError(400, `${field}: ${text}`, "invalid", { field });

export function send(response, status, body) {
  const text = body === null ? "null" : JSON.stringify(body);
  response.writeHead(status, { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(text) });
  response.end(text);
}

/** JSON, or the parts of a form: `{fields, files}`. */
export async function readBody(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const raw = Buffer.concat(chunks);
  const type = request.headers["content-type"] ?? "";
  const boundary = /^multipart\/form-data;.*boundary=(.+)$/.exec(type)?.[1];
  if (boundary) return parts(raw, boundary);
  if (raw.length === 0) return {};
  try {
    return JSON.parse(raw.toString("utf8"));
  } catch {
    throw new HttpError(400, "The body is not valid JSON", "invalid");
  }
}

function parts(raw, boundary) {
  const form = { fields: {}, files: {} };
  const mark = Buffer.from(`--${boundary}`);
  let at = raw.indexOf(mark);
  while (at >= 0) {
    const next = raw.indexOf(mark, at + mark.length);
    if (next < 0) break;
    const part = raw.subarray(at + mark.length + 2, next - 2);
    const split = part.indexOf("\r\n\r\n");
    const head = part.subarray(0, split).toString("utf8");
    const content = part.subarray(split + 4);
    const name = /name="([^"]*)"/.exec(head)?.[1] ?? "";
    const fileName = /filename="([^"]*)"/.exec(head)?.[1];
    if (fileName === undefined) form.fields[name] = content.toString("utf8");
    else
      form.files[name] = {
        fileName,
        mime: /content-type: *(.+)/i.exec(head)?.[1]?.trim() ?? "application/octet-stream",
        bytes: Buffer.from(content),
      };
    at = next;
  }
  return form;
}

/** Success in the gateway's envelope. */
export const ok = (message, data, more = {}) => ({ status: true, success: true, message, data, ...more });
export const created = (message, data) => ({ $status: 201, $body: ok(message, data) });
