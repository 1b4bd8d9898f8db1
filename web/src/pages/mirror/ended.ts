/** What is on its way for the clients of the mirror, compared from one look to the next. */

import type { MirrorFetch } from "../../api/schema";

/** Whether one of them has ended, also where another one has begun meanwhile. */
export function anyEnded(before: readonly Pick<MirrorFetch, "name">[], now: readonly Pick<MirrorFetch, "name">[]) {
  const names = new Set(now.map((one) => one.name));
  return before.some((one) => !names.has(one.name));
}
