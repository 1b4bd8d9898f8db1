/** What stands around every page, and words that many pages share. */

import { count } from "../format/amounts";
import { plural } from "./plural";

export const nav = {
  label: "Main",
  images: "Images",
  discover: "Discover",
  downloads: "Downloads",
  space: "Space",
  mirror: "Mirror",
  settings: "Settings",
  floating: "Menus and lists",
  skip: "Skip to the content",
  logout: "Sign out",
  free: (free: string, total: string) => `${free} free of ${total}`,
  theme: { light: "Light", dark: "Dark", auto: "As the system", label: "Colours" },
} as const;

export const keys = {
  title: "Keys",
  search: "Search everything",
  focus: "Go to the search of this page",
  help: "Show these keys",
  close: "Close what is open",
  start: "Type to search images here, in your catalogs and on Docker Hub",
} as const;

export const common = {
  cancel: "Cancel",
  close: "Close",
  copy: "Copy",
  copied: "Copied",
  retry: "Try again",
  save: "Save",
  more: "More",
  loading: "Loading…",
  clear: "Clear the filter",
  none: "None",
  failed: "That did not work",
  docker: "Docker",
  lxc: "LXC",
  type: "Type",
  every: "All",
  all: (n: number) => `Show all ${count(n)}`,
  images: (n: number) => plural(n, "image", "images"),
  tags: (n: number) => plural(n, "tag", "tags"),
  layers: (n: number) => plural(n, "layer", "layers"),
  notFound: "There is nothing at this address",
  notFoundHint: "The image may have been removed, or the address may be mistyped.",
  toImages: "Go to Images",
  crashed: "This page stopped working",
  crashedHint: "Reload it. If it happens again, please report what you did.",
  unfetched: "This page could not be fetched",
  unfetchedHint: "It shows itself as soon as Image Depot answers again.",
  reload: "Reload",
} as const;

export const connection = {
  lost: "Image Depot does not answer. Trying again…",
  lostHint:
    "Downloads go on by themselves as soon as the service is back. Is the device switched on, and the service running?",
  back: "Connected again",
  now: "Try now",
} as const;
