/** What is newer, as the list of images shows it. */

import type { AllImageUpdates, ImageUpdate, NamedImage } from "../../api/schema";
import { byImage, updateKey } from "../../api/updates";
import { age } from "../../format/time";
import { texts } from "../../texts";
import type { ImageRow } from "./rows";

const words = texts.updates;

/** `3 updates · checked 2 hours ago`. */
export function summaryOf(known: AllImageUpdates, now: number = Date.now()): string {
  const when = known.waiting
    ? words.checking(known.waiting)
    : known.checked
      ? words.checked(age(known.checked, now))
      : words.never;
  return `${words.available(known.available)} · ${when}`;
}

/** The tags of a row that have an update. */
export function updatesOf(row: ImageRow, rows: readonly ImageUpdate[] | undefined): ImageUpdate[] {
  const by = byImage(rows ?? []);
  return row.tags
    .map(({ tag }) => by.get(updateKey(row.type, row.name, tag)))
    .filter((one) => one !== undefined && one.update === true) as ImageUpdate[];
}

export const named = ({ type, name, tag }: Pick<ImageUpdate, "type" | "name" | "tag">): NamedImage => ({
  type,
  name,
  tag,
});

/** What to say when a check of some images has ended. */
export function verdictOf(title: string, rows: readonly ImageUpdate[]): string {
  const found = rows.filter((row) => row.update).length;
  if (found > 0) return words.found(found);
  return rows.some((row) => row.error) ? words.unknown(title) : words.upToDate(title);
}
