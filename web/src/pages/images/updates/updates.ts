/** What is newer, as the list of images shows it. */

import type { AllImageUpdates, ImageUpdate, NamedImage } from "../../../api/schema";
import { updatesFor } from "../../../api/updates";
import { age } from "../../../format/time";
import { texts } from "../../../texts";
import type { ImageRow } from "../rows";

const words = texts.updates;

/** `3 updates · checked 2 hours ago`. */
export function summaryOf(known: AllImageUpdates, now: number = Date.now()): string {
  if (!known.waiting && !known.checked && !known.available) return words.never;
  const when = known.waiting ? words.checking(known.waiting) : known.checked && words.checked(age(known.checked, now));
  return [words.available(known.available), when].filter(Boolean).join(" · ");
}

/** The images that a row stands for, one for each tag. */
export const imagesOf = (row: ImageRow): NamedImage[] =>
  row.tags.map(({ tag }) => ({ type: row.type, name: row.name, tag }));

/** The tags of a row that have an update. */
export const updatesOf = (row: ImageRow, rows: readonly ImageUpdate[] = []): ImageUpdate[] =>
  updatesFor(imagesOf(row), rows).filter((one) => one.update === true);

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
