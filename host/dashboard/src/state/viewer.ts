/** Who looks at the page, and at which gateway. */

import { signal } from "@preact/signals";
import { fetchInfo, fetchViewer, type Info, signOut as sendSignOut, type Viewer } from "../api/auth";
import { type ApiError, asApiError } from "../api/error";
import { forgetCsrf, whenSignedOut } from "../api/http";
import { forgetAll } from "../data/resource";
import { startLive, stopLive } from "../live/live";

export const info = signal<Info | null>(null);
/** Undefined until it is known. */
export const viewer = signal<Viewer | null | undefined>(undefined);
export const startError = signal<ApiError | null>(null);

export const isAdmin = () => viewer.value?.role === "SUPERADMIN";
/** Staff reads and sends; owners and administrators manage. */
export const mayManage = () => viewer.value?.role === "SUPERADMIN" || viewer.value?.role === "OWNER";

/** Whether the viewer may unlink, delete and share a session: its owner and administrators. */
export function mayOwn(session: { userId: string; relation: string | null }): boolean {
  if (session.relation !== null) return session.relation !== "shared" && mayManage();
  return isAdmin() || session.userId === viewer.value?.id;
}

/** Finds out both. Called at the start, after signing in, and by "try again". */
export async function lookAround(): Promise<void> {
  try {
    const [found, who] = await Promise.all([fetchInfo(), fetchViewer()]);
    info.value = found;
    viewer.value = who;
    startError.value = null;
    if (who) startLive(leave);
  } catch (error) {
    startError.value = asApiError(error);
  }
}

export async function signOut(everywhere: boolean): Promise<void> {
  await sendSignOut(everywhere);
  leave();
}

function leave(): void {
  if (viewer.peek() === null) return;
  stopLive();
  forgetCsrf();
  viewer.value = null;
  forgetAll();
}

whenSignedOut(() => {
  // A wrong password is a 401 as well: then nobody was signed in.
  if (viewer.peek()) leave();
});
