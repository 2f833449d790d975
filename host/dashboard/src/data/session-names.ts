/** Sessions by any of their ids: keys and plugins name them by the row. */

import { useCallback } from "preact/hooks";
import { fetchSessions } from "../api/sessions";
import { clean } from "../logic/filename";
import { useResource } from "./resource";

export function useSessionNames(): (id: string) => string {
  const sessions = useResource("sessions", fetchSessions);
  return useCallback(
    (id: string) => {
      const found = sessions.data?.find((one) => one.id === id || one.slug === id);
      return found ? clean(found.name) : id;
    },
    [sessions.data],
  );
}
