/** What uses the space. */

import { plural } from "../format/plural";

export const space = {
  title: "Space",
  used: "Images",
  other: "Other",
  free: "Free",
  kept: "Kept free",
  reserve: (amount: string) => `${amount} is always kept free.`,
  disk: "Disk",
  diskLabel: (used: string, free: string, total: string) => `Images use ${used}, ${free} of ${total} is free`,
  cleanup: "Clean up",
  cleanupFrees: (amount: string, files: number) =>
    `${amount} can be freed (${plural(files, "leftover file", "leftover files")}).`,
  cleanupNothing: "Nothing to clean up.",
  cleaned: (amount: string) => `Clean-up freed ${amount}`,
  verify: "Verify",
  verifyHint: "Checks every stored file against its checksum.",
  verifyRunning: "Checking every file…",
  repair: "Verify and repair",
  verified: (files: number, amount: string) => `${plural(files, "file", "files")} (${amount}) checked, all intact.`,
  problems: (n: number) => `${plural(n, "file is", "files are")} damaged`,
  repaired: "repaired",
  notRepaired: "not repaired",
  map: "What uses the space",
  mapHint: "Each block is an image, each tile in it a layer. Shared layers are a block of their own.",
  shared: "Shared layers",
  others: (n: number) => `${plural(n, "smaller image", "smaller images")}`,
  list: "By image",
  remove: (name: string) => `Remove ${name}`,
  columns: { image: "Image", own: "Frees", shared: "Shared", size: "Size" },
  empty: "The store is empty",
  emptyHint: "Once there is an image, this page shows the space that it uses.",
  engine: "These images are stored in an engine. Only the engine knows how their layers share space.",
} as const;
