/** Finding images and asking for them. */

import { count } from "../format/amounts";
import { plural } from "./plural";

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
    local: "Images that are here already.",
    appcenter: "Recommended images, picked from your catalogs.",
    official: "Images that Docker curates and keeps up to date.",
    dockerhub: "Search all public images on Docker Hub.",
    reference: "Any image of any registry, by its name.",
  },
  search: "Search images",
  categories: "Categories",
  order: "Order",
  orders: { recommended: "Recommended", popular: "Popular", name: "A–Z" },
  found: (n: number) => plural(n, "image", "images"),
  stale: "This list is from the last time its source answered.",
  get: "Download",
  options: (name: string) => `Tag and platform of ${name}`,
  choose: "Choose tag",
  installed: "Installed",
  verified: "Verified publisher",
  official: "Official",
  stars: (n: string) => `${n} stars`,
  pulls: (n: string) => `${n} pulls`,
  foreign: (arch: string) => `For ${arch}: does not run on this device`,
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
    resets ? `The count starts anew at ${resets}. Checks for updates are free.` : "Checks for updates are free.",
} as const;

export const get = {
  title: (name: string) => `Download ${name}`,
  tag: "Tag",
  tagHint: (n: number) => `${plural(n, "tag", "tags")}, type to find one`,
  platform: "Platform",
  host: (platform: string) => `${platform} (this device)`,
  foreign: (platform: string) => `${platform} (does not run here)`,
  hostOnly: "As this device needs it",
  unfit: (host: string) =>
    `This image has nothing for ${host}. It can be downloaded, but it will not run on this device.`,
  action: "Download",
  again: "Check for a newer one",
  onHub: "About this image on Docker Hub",
  noTags: "The tags could not be read. You can still type one.",
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
  hint: "Type a name as you would give it to docker pull: registry, repository, tag or digest.",
  problems: {
    empty: "",
    upper: "Repository names are in lower case.",
    name: "That is not a repository name.",
    tag: "That is not a tag.",
    digest: "A digest looks like sha256: and 64 hexadecimal digits.",
  },
  registry: "Registry",
  repository: "Repository",
  version: "Tag or digest",
  hub: "Docker Hub",
  action: "Find image",
  examples: "For example",
} as const;
