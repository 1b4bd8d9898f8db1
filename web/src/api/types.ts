/** The shapes of `/api/v1`. Sizes are bytes, times are RFC 3339 in UTC. */

export type ImageType = "docker" | "lxc";
export type DepotName = "local" | "appcenter" | "official" | "dockerhub";

interface Row {
  name: string;
  type: ImageType;
  from: DepotName;
  description: string;
  installed: boolean;
  downloading: boolean;
  icon_url?: string;
}

export interface LocalDocker extends Row {
  type: "docker";
  size: number[];
  tags: string[];
  digests?: string[];
  platforms?: string[];
  created?: (string | null)[];
  installed_at?: (string | null)[];
  depot?: string;
}

export interface LocalLxc extends Row {
  type: "lxc";
  size: number;
  arch?: string;
  created?: string | null;
  verified?: boolean;
  fingerprint?: string;
  depot?: string;
  tags?: string[];
}

export type Local = LocalDocker | LocalLxc;

/** A row of a remote depot: what App Center, Docker Official and the search of Docker Hub have in common. */
export interface Found extends Row {
  title?: string;
  arch?: string;
  size?: string | null;
  categories?: string[];
  location?: string;
  icon?: string;
  tag?: string;
  id?: string;
  is_official?: boolean;
  is_trusted?: boolean;
  star_count?: number;
  pull_count?: number | null;
}

export interface Listing<T> {
  results: T[];
  total_count: number;
}

export type DownloadStatus = "waiting" | "downloading" | "verifying" | "installing" | "done" | "failed" | "cancelled";

export interface DownloadLayer {
  digest: string;
  size: number | null;
  bytes: number;
  status: "waiting" | "downloading" | "verifying" | "done" | "shared";
}

export interface Download {
  id: string | number;
  name: string;
  tag: string;
  type: ImageType;
  from: DepotName;
  status: DownloadStatus;
  percent: number | null;
  bytes: number;
  total: number | null;
  rate: number | null;
  eta: number | null;
  installed_bytes?: number | null;
  install_total?: number | null;
  error: string | null;
  warning?: string | null;
  created: string;
  ended: string | null;
  platform?: string | null;
  layers: DownloadLayer[];
}

export interface Store {
  type: ImageType;
  kind: string;
  address: string | null;
  version: string | null;
  available: boolean;
  reason: string | null;
}

export interface Engine {
  type: ImageType;
  kind: string;
  address: string;
  version: string | null;
}

export interface System {
  version: string;
  platform: string;
  users_defined: boolean;
  username: string;
  is_admin: boolean;
  space: { free: number; total: number; reserve: number };
  stores: Store[];
  engines_seen: Engine[];
}

export interface SpaceImage {
  type: ImageType;
  name: string;
  tag: string;
  reference: string;
  size: number;
  own: number;
  shared: number;
}

export interface SpaceBlob {
  digest: string;
  size: number;
  images: string[];
}

export interface Space {
  free: number;
  total: number;
  reserve: number;
  used: number;
  images: SpaceImage[];
  blobs: SpaceBlob[];
  reclaimable: { bytes: number; files: number };
}

export interface Verification {
  checked: number;
  bytes: number;
  problems: { digest: string; path: string; reason: string; images: string[]; repaired: boolean }[];
}

export interface Layers {
  reference: string;
  digest: string;
  image_id: string;
  size: number;
  platform: string;
  layers: {
    digest: string;
    diff_id: string;
    size: number;
    media_type: string;
    created_by: string;
    shared_with: string[];
  }[];
  history: { created: string | null; created_by: string; comment: string; empty_layer: boolean }[];
}

export interface Update {
  digest: string;
  upstream: string | null;
  update: boolean | null;
  checked: string;
  error: string | null;
}

export interface Platforms {
  platforms: string[];
  host: string;
  fits: boolean | null;
}

export interface Tags {
  installed: string[];
  tags: string[];
}

export interface Limits {
  limit: number | null;
  remaining: number | null;
  window: number | null;
  resets: string | null;
  source: string | null;
}

export interface Setting {
  name: string;
  value: string;
  default: string;
  source: "flag" | "environment" | "runtime" | "file" | "default";
  read_only: boolean;
  restart: boolean;
  meaning: string;
}

export interface User {
  username: string;
  is_admin: boolean;
  created: string | null;
}

export interface Catalog {
  address: string;
  title: string;
  format: string;
  rows: number;
  skipped: number;
  fetched: string | null;
  error: string | null;
}

export interface Registry {
  host: string;
  username: string;
  source: string;
}

export interface Session {
  anonymous: boolean;
  isAdmin: boolean;
  username: string;
}

/** The parts of Docker's inspect object that are shown to people. */
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
