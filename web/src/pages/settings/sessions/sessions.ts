/** In which order open sessions are shown. */

import type { OpenSession } from "../../../api/schema";

/** This very session first, then the other ones of `username`, then those of other users; the latest login first. */
export function ordered(sessions: readonly OpenSession[], username: string): OpenSession[] {
  const rank = (each: OpenSession) => (each.current ? 0 : each.username === username ? 1 : 2);
  return [...sessions].sort((a, b) => rank(a) - rank(b) || Date.parse(b.login) - Date.parse(a.login));
}
