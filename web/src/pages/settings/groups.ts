/** Which settings the general section shows, and where. */

import type { Setting } from "../../api/schema";

export type Group = "downloads" | "mirror" | "service" | "start";

const CHANGEABLE: Record<string, Group> = {
  IMAGEDEPOT_MAX_DOWNLOADS: "downloads",
  IMAGEDEPOT_FLEET_DOWNLOADS: "downloads",
  IMAGEDEPOT_BANDWIDTH: "downloads",
  IMAGEDEPOT_PLATFORM: "downloads",
  IMAGEDEPOT_KEEP_BLOBS: "downloads",
  IMAGEDEPOT_MIRROR_SPACE: "mirror",
  IMAGEDEPOT_MIRROR_FRESH: "mirror",
  IMAGEDEPOT_UPSTREAMS: "mirror",
  IMAGEDEPOT_PEERS: "mirror",
  IMAGEDEPOT_ANONYMOUS_PULL: "mirror",
  IMAGEDEPOT_INSECURE_REGISTRIES: "service",
  IMAGEDEPOT_LOW_DISK: "service",
  IMAGEDEPOT_LOG_LEVEL: "service",
  IMAGEDEPOT_AUDIT_DAYS: "service",
};
/** These have a section of their own. */
const ELSEWHERE = new Set(["IMAGEDEPOT_DOCKER", "IMAGEDEPOT_LXC", "IMAGEDEPOT_CATALOGS"]);
const ORDER: Group[] = ["downloads", "mirror", "service", "start"];

export const LOG_LEVELS = ["debug", "info", "warning", "error"];

/** One that may be changed and is not known here stands with the service's. */
export function groupOf(setting: Setting): Group {
  return CHANGEABLE[setting.name] ?? (setting.read_only ? "start" : "service");
}

export function grouped(settings: readonly Setting[]): [Group, Setting[]][] {
  const shown = settings.filter((setting) => !ELSEWHERE.has(setting.name));
  return ORDER.map((group): [Group, Setting[]] => [group, shown.filter((one) => groupOf(one) === group)]).filter(
    ([, members]) => members.length > 0,
  );
}

export type Control = "text" | "number" | "switch" | "level";

export function controlOf(setting: Setting): Control {
  if (setting.name === "IMAGEDEPOT_LOG_LEVEL") return "level";
  if (setting.lowest !== null || setting.highest !== null) return "number";
  return /^(yes|no)$/.test(setting.default) ? "switch" : "text";
}
