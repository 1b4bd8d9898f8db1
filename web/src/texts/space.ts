/** What takes the space. */

import { plural } from "./plural";

export const space = {
  title: "Space",
  used: "Images",
  other: "Other",
  free: "Free",
  kept: "Kept free",
  reserve: (amount: string) => `${amount} is always kept free.`,
  disk: "Disk",
  diskLabel: (used: string, free: string, total: string) => `Images take ${used}, ${free} of ${total} are free`,
  cleanup: "Clean up",
  cleanupFrees: (amount: string, files: number) =>
    `${amount} in ${plural(files, "file belongs", "files belong")} to no image.`,
  cleanupNothing: "Nothing to clean up: every file belongs to an image.",
  cleaned: (amount: string) => `Clean-up freed ${amount}`,
  verify: "Verify",
  verifyHint: "Reads every file again and compares it with its checksum.",
  verifyRunning: "Reading every file…",
  repair: "Verify and repair",
  verified: (files: number, amount: string) => `${plural(files, "file", "files")} (${amount}) read, all intact.`,
  problems: (n: number) => `${plural(n, "file is", "files are")} damaged`,
  repaired: "repaired",
  notRepaired: "not repaired",
  map: "What takes the space",
  mapHint: "Each block is an image, each tile in it a layer. Layers that several images share stand on their own.",
  shared: "Shared layers",
  others: (n: number) => `${plural(n, "smaller image", "smaller images")}`,
  list: "By image",
  remove: (name: string) => `Remove ${name}`,
  columns: { image: "Image", own: "Frees", shared: "Shared", size: "Size" },
  empty: "The store is empty",
  emptyHint: "As soon as an image is here, this page shows what it takes.",
  engine: "These images live in an engine. How its layers share space is known only to the engine.",
} as const;
