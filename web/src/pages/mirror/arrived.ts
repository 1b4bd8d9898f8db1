/** What the status of a client's first request says about its configuration. */

export type Verdict = "works" | "refused" | "missing";

/** A 401 alone is how clients begin to sign in; that it is the latest request says that they did not go on. */
export function verdictOf(status: number): Verdict {
  if (status === 401 || status === 403) return "refused";
  return status >= 400 ? "missing" : "works";
}
