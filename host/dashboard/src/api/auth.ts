/** Who is signed in, and how one gets in and out: the cookie flow. */

import { t } from "../text/en";
import { ApiError } from "./error";
import { csrfToken, forgetCsrf, get, post } from "./http";
import { flag, isRecord, item, oneOf, record, text } from "./read";

export const ROLES = ["SUPERADMIN", "OWNER", "STAFF"] as const;
export type Role = (typeof ROLES)[number];

export interface Viewer {
  id: string;
  name: string;
  email: string;
  role: Role;
}

/** What anybody may know of this gateway. */
export interface Info {
  version: string;
  appName: string;
  sandbox: boolean;
  registrationOpen: boolean;
  needsSetup: boolean;
}

export async function fetchInfo(): Promise<Info> {
  return item(await get("/system/info"), (data) => ({
    version: text(data.version),
    appName: text(data.appName) || "wagate",
    sandbox: flag(data.sandbox),
    registrationOpen: flag(data.registrationOpen),
    needsSetup: flag(data.needsSetup),
  }));
}

/** The person whose cookie the browser holds. */
export async function fetchViewer(): Promise<Viewer | null> {
  const user = record(await get("/auth/session")).user;
  if (!isRecord(user)) return null;
  return {
    id: text(user.id),
    name: text(user.name) || text(user.email),
    email: text(user.email),
    role: oneOf(user.role, ROLES, "STAFF"),
  };
}

/** Throws when the gateway does not let in. */
export async function signIn(email: string, password: string): Promise<void> {
  forgetCsrf();
  const body = { email, password, csrfToken: await csrfToken() };
  const answer = record(await post("/auth/callback/credentials", body, { headers: { "X-Auth-Return-Redirect": "1" } }));
  const url = new URL(text(answer.url) || ".", document.baseURI);
  const refusal = url.searchParams.get("error");
  forgetCsrf();
  if (refusal) {
    const message = refusal === "CredentialsSignin" ? t.signIn.wrong : t.signIn.refused(refusal);
    throw new ApiError({ status: 401, code: refusal, message });
  }
}

export async function signOut(everywhere: boolean): Promise<void> {
  await post("/auth/signout", { csrfToken: await csrfToken(), ...(everywhere ? { everywhere } : {}) });
  forgetCsrf();
}

export async function register(name: string, email: string, password: string): Promise<void> {
  await post("/auth/register", { name, email, password });
}
