/** Which events of the audit trail are shown, as the query of the REST API. */

import type { AuditOutcome } from "../../api/schema";

export interface Filters {
  /** A user's name. */
  actor: string;
  /** The first word of an action, such as `user`; "" for all. */
  action: string;
  outcome: AuditOutcome | "";
  /** Part of target, detail or reason. */
  text: string;
  /** Days, `2026-11-27`; "" for no limit. */
  since: string;
  until: string;
}

export const EVERYTHING: Filters = { actor: "", action: "", outcome: "", text: "", since: "", until: "" };

/** The kinds of actions that can be chosen. */
export const ACTIONS = [
  "login",
  "logout",
  "session",
  "user",
  "token",
  "setting",
  "download",
  "image",
  "blob",
  "mirror",
  "catalog",
  "registry",
  "updates",
  "notification",
  "space",
  "request",
] as const;

export function queryOf(filters: Filters): string {
  const given = Object.entries(filters)
    .map(([key, value]) => [key, value.trim()] as const)
    .filter(([, value]) => value !== "");
  return new URLSearchParams(given.map(([key, value]) => [key, value])).toString();
}

/** Where the rows that follow begin; undefined behind the last page. */
export function nextPage(rows: readonly { id: string }[], size: number): string | undefined {
  return rows.length < size ? undefined : rows[rows.length - 1]?.id;
}
