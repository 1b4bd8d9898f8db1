/** The list of images, and their removal. */

import { bytes, count } from "../format/amounts";
import { plural } from "../format/plural";

export const images = {
  title: "Images",
  summary: (images: number, tags: number) => `${plural(images, "image", "images")} · ${plural(tags, "tag", "tags")}`,
  filter: "Filter images",
  sort: "Sort by",
  sorts: { name: "Name", size: "Size", created: "Age", installed: "Recently added" },
  table: "Images on this device",
  columns: { name: "Name", tags: "Tags", type: "Type", size: "Size", platform: "Platform", created: "Created" },
  select: (name: string) => `Select ${name}`,
  selectAll: "Select all",
  selected: (n: number) => `${count(n)} selected`,
  removeSelected: "Remove selected",
  clearSelection: "Clear selection",
  actions: (name: string) => `Actions for ${name}`,
  open: "Details",
  copy: "Copy reference",
  remove: "Remove…",
  updateHint: (tag: string) => `Update ${tag}: a newer version is available.`,
  moreTags: (n: number) => `+${n}`,
  unverified: "Not verified",
  unverifiedHint: "The server offered no checksum for this image.",
  away: (kind: string, type: string) => `${kind} is not responding, so its ${type} images are not listed`,
  empty: "No images yet",
  emptyHint: "Find your first one in Discover: recommended apps, Docker's official images, or anything on Docker Hub.",
  emptyAction: "Discover images",
  noMatch: "No image matches",
  noMatchHint: "Try fewer letters, or clear the filter.",
} as const;

export const upload = {
  action: "Upload an archive",
  hint: "What docker save, podman save or skopeo wrote: a docker-archive or an OCI archive, packed or not",
  sending: (percent: number) => `Uploading: ${percent} %`,
  checking: "Checking the archive…",
  done: (images: number) =>
    `${plural(images, "image is", "images are")} being loaded: follow ${images === 1 ? "it" : "them"} in Downloads`,
  failed: (file: string) => `${file} was not loaded`,
} as const;

export const remove = {
  title: (n: number) => (n === 1 ? "Remove this image?" : `Remove ${count(n)} images?`),
  what: "These will be removed:",
  frees: (amount: number) => `Frees ${bytes(amount)} on this device.`,
  freesNothing: "Frees no space: other images use the same layers.",
  freesUnknown: "Only the engine knows how much space this frees.",
  kept: (amount: number) => `${bytes(amount)} stays: other images use the same layers.`,
  more: (n: number) => `and ${count(n)} more`,
  hint: "You can download them again at any time. Container data is not affected.",
  action: "Remove",
  done: (n: number) => (n === 1 ? "Image removed" : `${count(n)} images removed`),
} as const;
