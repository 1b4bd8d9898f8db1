/** Downloads as their page shows them: at work, waiting for their turn, failed, over. */

import type { Download } from "../api/schema";
import { ended } from "./store";

export interface Sections {
  /** In order of asking. */
  running: Download[];
  /** The one that begins next comes first. */
  waiting: Download[];
  /** The last that ended comes first, as in `finished`. */
  failed: Download[];
  finished: Download[];
}

export function sectionsOf(downloads: readonly Download[]): Sections {
  const found: Sections = { running: [], waiting: [], failed: [], finished: [] };
  for (const row of downloads) {
    if (!ended(row)) (row.queued ? found.waiting : found.running).push(row);
    else (row.status === "failed" ? found.failed : found.finished).push(row);
  }
  found.running.sort(byAsking);
  found.waiting.sort(byTurn);
  found.failed.sort(lastFirst);
  found.finished.sort(lastFirst);
  return found;
}

/** Times are of one format, so that their text is their order. */
const compared = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

const byAsking = (a: Download, b: Download) => compared(a.created, b.created) || Number(a.id) - Number(b.id);

function byTurn(a: Download, b: Download): number {
  if (a.turn === b.turn) return byAsking(a, b);
  if (a.turn === null || b.turn === null) return a.turn === null ? 1 : -1;
  return a.turn - b.turn;
}

const lastFirst = (a: Download, b: Download) => compared(b.ended ?? "", a.ended ?? "") || Number(b.id) - Number(a.id);
