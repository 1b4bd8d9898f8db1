/** What a disk has room for. */

import type { Disk } from "../api/schema";

/** Bytes that a download may take: what is free, but for the reserve, which none takes. */
export function usable({ free, reserve }: Pick<Disk, "free" | "reserve">): number {
  return Math.max(0, free - reserve);
}
