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
    rows = new Map(list.results.map((row) => [`${row.type}/${row.name}`, row]));
    byName.set(list, rows);
  }
  return rows;
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
