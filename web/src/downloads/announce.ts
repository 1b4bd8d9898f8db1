/** Which downloads ended since the last look: they are said aloud once. */

import type { Download } from "../api/schema";
import { ended, type Picture } from "./store";

export class Announcer {
  /** By id, whether it had ended; null before the first snapshot, which tells of the past. */
  private known: ReadonlyMap<string, boolean> | null = null;

  /** Downloads that have ended well or badly since; some are over before anybody has seen them run. */
  look({ connection, downloads }: Pick<Picture, "connection" | "downloads">): Download[] {
    if (this.known === null && connection !== "live") return [];
    const before = this.known;
    this.known = new Map(downloads.map((row) => [String(row.id), ended(row)]));
    if (before === null) return [];
    return downloads.filter(
      (row) => (row.status === "done" || row.status === "failed") && before.get(String(row.id)) !== true,
    );
  }
}
