/** What a removal gives back: the blobs that nothing else uses. */

import type { SpaceOfBlob } from "../../api/schema";

/** Bytes that go when the images of these references go. */
export function freed(blobs: readonly SpaceOfBlob[], references: ReadonlySet<string>): number {
  let sum = 0;
  for (const blob of blobs) {
    if (blob.images.length > 0 && blob.images.every((image) => references.has(image))) sum += blob.size;
  }
  return sum;
}
