/** Which downloads ended since the last look: they are said aloud once. */

import type { Download } from "../api/types";
import { ended } from "./store";

export class Announcer {
  private running: ReadonlySet<string> = new Set();

  /** Downloads that ran at the last call and have ended well or badly by now. */
  look(downloads: readonly Download[]): Download[] {
    const over = downloads.filter(
      (row) => this.running.has(String(row.id)) && (row.status === "done" || row.status === "failed"),
    );
    this.running = new Set(downloads.filter((row) => !ended(row)).map((row) => String(row.id)));
    return over;
  }
}
