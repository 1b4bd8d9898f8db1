/** What stands around every page, and words that many pages share. */

import { count } from "../format/amounts";
import { plural } from "../format/plural";

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
  language: "Language",
  theme: { light: "Light", dark: "Dark", auto: "System", label: "Theme" },
} as const;

export const keys = {
  title: "Keyboard shortcuts",
  search: "Search everything",
  focus: "Search on this page",
  help: "Show these shortcuts",
  close: "Close",
  start: "Search images on this device, in your catalogs and on Docker Hub",
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
  forMembers: "Only members and administrators can do this.",
  forAdmins: "Only administrators can do this.",
  viewer: "You are a viewer: you can look, but not download or change anything. Ask an administrator for another role.",
  clear: "Clear the filter",
  none: "None",
  failed: "Something went wrong",
  noAnswer: "No answer from Image Depot.",
  answered: (status: number) => `The service answered ${status}.`,
  copyRefused: "The browser did not allow copying.",
  docker: "Docker",
  lxc: "LXC",
  type: "Type",
  every: "All",
  all: (n: number) => `Show all ${count(n)}`,
  images: (n: number) => plural(n, "image", "images"),
  tags: (n: number) => plural(n, "tag", "tags"),
  layers: (n: number) => plural(n, "layer", "layers"),
  notFound: "Page not found",
  notFoundHint: "The image may have been removed, or the address may be mistyped.",
  toImages: "Go to Images",
  crashed: "This page stopped working",
  crashedHint: "Reload it. If it happens again, please report it.",
  unfetched: "This page could not be loaded",
  unfetchedHint: "It will appear once Image Depot is back.",
  reload: "Reload",
} as const;

export const connection = {
  lost: "Image Depot is not responding. Trying again…",
  lostHint: "Downloads will resume automatically. Check that the device is on and the service is running.",
  back: "Connected again",
  now: "Try now",
} as const;
