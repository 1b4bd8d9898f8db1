/** How far a download is, for its bar. */

import type { Download } from "../api/schema";
import { percent } from "../format/amounts";

/**
 * From 0 to 100; null while nobody knows. What is here and goes to an engine begins anew: the bar then shows what the
 * engine has taken.
 */
export function howFar(row: Download): number | null {
  if (row.install_total) return percent(row.installed_bytes ?? 0, row.install_total);
  return row.status === "waiting" ? (row.percent ?? 0) : row.percent;
}

/** How far all of them are together, by their bytes; null for none, or while no size is known. */
export function overall(rows: readonly Download[]): number | null {
  const sized = rows.filter((row) => row.total !== null);
  if (sized.length === 0) return null;
  return percent(
    sized.reduce((sum, row) => sum + row.bytes, 0),
    sized.reduce((sum, row) => sum + (row.total ?? 0), 0),
  );
}
