/** What helps a download that failed, beside trying it again. */

import type { Download } from "../../api/schema";
import { bytes } from "../../format/amounts";
import { isToday, moment, timeOfDay } from "../../format/time";
import { texts } from "../../texts";
import { appPage } from "../app/useOffer";

const words = texts.downloads.steps;
const HUB = "docker.io";
const MOST = 3;

export interface NextStep {
  words: string;
  /** The page where it is done; null for one that is done here. */
  to: string | null;
  /** The platform that is downloaded instead. */
  platform?: string;
  /** Only administrators can. */
  admin?: boolean;
}

export function nextSteps(row: Download): NextStep[] {
  const steps: NextStep[] = [];
  const { login, missing, reason } = row;
  if (row.type === "docker" && (reason === "upstream_not_found" || reason === "not_an_image"))
    steps.push({ words: words.tags, to: appPage({ type: row.type, name: row.name, tag: "latest" }) });
  if (login) {
    const to = `/settings/registries?${new URLSearchParams({ host: login })}`;
    steps.push({ words: words.signIn(login === HUB ? "Docker Hub" : login), to, admin: true });
  }
  if (missing !== null) steps.push({ words: words.free(bytes(missing)), to: "/space" });
  else if (reason === "storage_failure") steps.push({ words: words.space, to: "/space" });
  if (reason === "store_unavailable") steps.push({ words: words.stores, to: "/settings/stores" });
  for (const platform of row.offered.slice(0, MOST))
    steps.push({ words: words.platform(platform), to: null, platform });
  return steps;
}

/** `Retries by itself at 19:16`; null for one that does not, or is about to. */
export function plannedRetry(row: Download, now: number = Date.now()): string | null {
  if (row.retry_at === null || Date.parse(row.retry_at) < now) return null;
  return words.retries(isToday(row.retry_at, now) ? timeOfDay(row.retry_at) : moment(row.retry_at));
}
