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
