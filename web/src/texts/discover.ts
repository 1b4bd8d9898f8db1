/** Finding images and asking for them. */

import { count } from "../format/amounts";
import { plural } from "../format/plural";

export const discover = {
  title: "Discover",
  tabs: {
    local: "On this device",
    appcenter: "App Center",
    official: "Docker Official",
    dockerhub: "Docker Hub",
    reference: "As a reference",
  },
  hint: {
    local: "Images on this device.",
    appcenter: "Recommended images, picked from your catalogs.",
    official: "Images that Docker curates and keeps up to date.",
    dockerhub: "Search all public images on Docker Hub.",
    reference: "Any image from any registry, by its name.",
  },
  search: "Search images",
  categories: "Categories",
  order: "Order",
  orders: { recommended: "Recommended", popular: "Popular", name: "A–Z" },
  found: (n: number) => plural(n, "image", "images"),
  stale: "The source is not responding. This list is from its last answer.",
  get: "Download",
  options: (name: string) => `Tag and platform of ${name}`,
  choose: "Choose tag",
  installed: "Installed",
  verified: "Verified publisher",
  official: "Official",
  stars: (n: string) => `${n} stars`,
  pulls: (n: string) => `${n} pulls`,
  foreign: (arch: string) => `For ${arch}: not compatible with this device`,
  start: "Type to search Docker Hub",
  startHint: "Names, words or a publisher: jellyfin, postgres, linuxserver…",
  empty: "Nothing found",
  emptyHint: "Try another word, or search all of Docker Hub.",
  emptyHere: "No image on this device matches.",
  emptyCatalogs: "No catalog has any image",
  emptyCatalogsHint: "Add a catalog, or refresh the ones you have, in Settings.",
  toCatalogs: "Go to catalogs",
  toHub: "Search Docker Hub",
  started: (name: string) => `Download of ${name} started`,
  limit: (remaining: number, limit: number) => `${count(remaining)} of ${count(limit)} Docker Hub pulls left`,
  limitHint: (resets: string | null) =>
    resets ? `Resets at ${resets}. Checking for updates does not count.` : "Checking for updates does not count.",
} as const;

export const get = {
  title: (name: string) => `Download ${name}`,
  tag: "Tag",
  tagHint: (n: number) => plural(n, "tag", "tags"),
  platform: "Platform",
  host: (platform: string) => `${platform} (this device)`,
  foreign: (platform: string) => `${platform} (not compatible with this device)`,
  automatic: (host: string) => `Automatic (${host})`,
  unfit: (host: string) => `This image has no ${host} version. You can download it, but it won't run on this device.`,
  action: "Download",
  again: "Check for updates",
  onHub: "About this image on Docker Hub",
  noTags: "The list of tags is not available. You can still enter a tag.",
} as const;

export const app = {
  about: "About",
  name: "Name",
  size: "Size for this device",
  platforms: "Platforms",
  updated: "Updated",
  pulls: "Pulls",
  stars: "Stars",
  project: "Project",
  hub: "Docker Hub",
  licence: "Licence",
  open: "Open",
  here: "On this device",
  notYet: "Not downloaded yet.",
  notYetDocker: "Not downloaded yet. Ports, volumes and licence are shown once it is.",
} as const;

export const reference = {
  hint: "Enter a name as for docker pull: registry, repository, tag or digest.",
  problems: {
    empty: "",
    upper: "Repository names are in lower case.",
    name: "This is not a repository name.",
    tag: "This is not a tag.",
    digest: "A digest is sha256: and 64 hexadecimal digits.",
  },
  registry: "Registry",
  repository: "Repository",
  version: "Tag or digest",
  hub: "Docker Hub",
  action: "Find image",
  examples: "For example",
} as const;
