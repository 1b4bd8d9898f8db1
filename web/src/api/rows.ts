/** The rows of lists, told apart by their type; every other shape of `/api/v1` is in `schema`. */

import type {
  AppCenterImage,
  DockerHubImage,
  LocalDockerImage,
  LocalLxcImage,
  OfficialImage,
  Listing as OneListing,
} from "./schema";

export type LocalDocker = LocalDockerImage & { type: "docker" };
export type LocalLxc = LocalLxcImage & { type: "lxc" };
export type Local = LocalDocker | LocalLxc;

/** A row of a remote depot: what all of them have, and what one or the other adds. */
export type Found = Pick<DockerHubImage, keyof DockerHubImage & keyof AppCenterImage> &
  Partial<AppCenterImage & OfficialImage & DockerHubImage>;

export type Listing<T> = Omit<OneListing, "results"> & { results: T[] };

export type LocalByName = ReadonlyMap<string, Local>;

const byName = new WeakMap<Listing<Local>, LocalByName>();

/** The rows of the local list by `type/name`: one map for each list, however many cards look into it. */
export function localByName(list: Listing<Local>): LocalByName {
  let rows = byName.get(list);
  if (!rows) {
    const merged = new Map<string, Local>();
    for (const row of list.results) {
      const key = `${row.type}/${row.name}`;
      const known = merged.get(key);
      merged.set(key, known?.type === "docker" && row.type === "docker" ? joined(known, row) : row);
    }
    rows = merged;
    byName.set(list, rows);
  }
  return rows;
}

/** One repository that two stores have tags of. */
function joined(one: LocalDocker, other: LocalDocker): LocalDocker {
  return {
    ...one,
    tags: [...one.tags, ...other.tags],
    size: [...one.size, ...other.size],
    digests: [...one.digests, ...other.digests],
    platforms: [...one.platforms, ...other.platforms],
    created: [...one.created, ...other.created],
    installed_at: [...one.installed_at, ...other.installed_at],
    is_latest: one.is_latest.length > 0 ? one.is_latest : other.is_latest,
  };
}

/** The parts of Docker's inspect object, or of an LXC image's metadata, that are shown to people. */
export interface Inspect {
  Id?: string;
  Created?: string;
  Architecture?: string;
  Os?: string;
  Variant?: string;
  Author?: string;
  Size?: number;
  RepoTags?: string[];
  RepoDigests?: string[];
  Config?: {
    Cmd?: string[] | null;
    Entrypoint?: string[] | null;
    Env?: string[] | null;
    ExposedPorts?: Record<string, unknown> | null;
    Volumes?: Record<string, unknown> | null;
    Labels?: Record<string, string> | null;
    User?: string;
    WorkingDir?: string;
    StopSignal?: string;
  } | null;
  Fingerprint?: string;
  Properties?: Record<string, string> | null;
  verified?: boolean;
}
