/** Settings: general ones, users, catalogs, registries, stores. */

import { count } from "../format/amounts";
import { plural } from "./plural";

export const settings = {
  title: "Settings",
  sections: { general: "General", users: "Users", catalogs: "Catalogs", registries: "Registries", stores: "Stores" },
  sources: {
    flag: "set on the command line",
    environment: "set by the environment",
    runtime: "set here",
    file: "set in the settings file",
    default: "default",
  },
  readOnly: "Read-only here",
  restart: "Takes effect after a restart of the service.",
  reset: "Back to the default",
  saved: "Saved",
  noValue: "not set",
  version: (version: string, platform: string) => `Image Depot ${version} on ${platform}`,
  apiDocs: "REST API documentation",
} as const;

export const users = {
  hint: "With no user, the service listens on this device only and asks for no password.",
  add: "Add a user",
  name: "User name",
  password: "Password",
  passwordHint: "At least 8 characters.",
  admin: "Administrator",
  adminHint: "Administrators change things, others look.",
  looks: "Looks only",
  firstHint: "The first user is always an administrator. From then on, everybody signs in.",
  newPassword: "New password",
  change: (name: string) => `Change ${name}`,
  remove: (name: string) => `Remove ${name}`,
  removeTitle: (name: string) => `Remove the user ${name}?`,
  removeHint: "Their sessions end at once.",
  you: "you",
  empty: "No users",
  created: "User added",
  changed: "User changed",
  removed: "User removed",
} as const;

export const catalogs = {
  hint: "Where the App Center's images come from: Container Station lists, Portainer templates, or LXC image servers (simplestreams).",
  add: "Add a catalog",
  address: "Address",
  addressHint: "https://… of a list, or the base address of an image server",
  refresh: "Refresh all",
  refreshed: "Catalogs refreshed",
  rows: (n: number) => plural(n, "image", "images"),
  skipped: (n: number) => `${count(n)} unusable rows skipped`,
  fetched: (when: string) => `fetched ${when}`,
  never: "never fetched",
  remove: (title: string) => `Remove ${title}`,
  added: "Catalog added",
  removed: "Catalog removed",
  empty: "No catalogs",
  emptyHint: "Without one, the App Center is empty. Add one above.",
} as const;

export const registries = {
  hint: "Sign in to private registries, or to Docker Hub for a higher pull limit. Kept in auth.json, as Podman and skopeo keep them.",
  add: "Sign in to a registry",
  host: "Registry",
  hostHint: "ghcr.io, registry.lan:5000, docker.io…",
  username: "User name",
  password: "Password or access token",
  action: "Check and save",
  saved: (host: string) => `Signed in to ${host}`,
  remove: (host: string) => `Sign out of ${host}`,
  removed: (host: string) => `Signed out of ${host}`,
  from: (source: string) => `from ${source}`,
  empty: "No registries",
  emptyHint: "Public images need none.",
} as const;

export const stores = {
  hint: "Where images live on this device: one place for Docker images, one for LXC images.",
  inUse: "In use",
  kinds: {
    embedded: "Image Depot's own store",
    docker: "Docker Engine",
    podman: "Podman",
    lxd: "LXD",
    incus: "Incus",
  } as Record<string, string>,
  available: "Available",
  away: "Away",
  seen: "Found on this device",
  seenHint: "These engines answer, but are not chosen. Nothing changes by itself.",
  none: "No other engine answers on this device.",
  use: "Use it",
  using: "Chosen. Restart the service to use it.",
  embedded: "Use Image Depot's own store",
  lockedHint: "This is set on the command line or by the environment.",
} as const;
