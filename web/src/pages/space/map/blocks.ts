/** The treemap's blocks: one for each image with its own layers, one for the layers that several images share. */

import type { Space, SpaceOfBlob } from "../../../api/schema";

export interface Block {
  key: string;
  /** The image's reference; null for the shared layers and for the many small images. */
  reference: string | null;
  kind: "image" | "shared" | "others";
  size: number;
  /** How many images an "others" block stands for. */
  images: number;
  tiles: SpaceOfBlob[];
}

const MOST = 60;
const TILES = 40;

export function blocksOf(space: Space): Block[] {
  const own = new Map<string, SpaceOfBlob[]>();
  const shared: SpaceOfBlob[] = [];
  for (const blob of space.blobs) {
    const [only, second] = blob.images;
    if (second !== undefined) shared.push(blob);
    else if (only !== undefined) own.set(only, [...(own.get(only) ?? []), blob]);
  }
  const blocks: Block[] = [...own].map(([reference, blobs]) => ({
    key: reference,
    reference,
    kind: "image",
    size: sum(blobs),
    images: 1,
    tiles: largest(blobs),
  }));
  // An engine does not say which layers are whose: its images are whole blocks.
  for (const image of space.images) {
    if (image.own > 0 && !own.has(image.reference)) {
      blocks.push({
        key: image.reference,
        reference: image.reference,
        kind: "image",
        size: image.own,
        images: 1,
        tiles: [],
      });
    }
  }
  blocks.sort((a, b) => b.size - a.size);
  const few = blocks.slice(0, MOST);
  const rest = blocks.slice(MOST);
  if (rest.length > 0)
    few.push({ key: "others", reference: null, kind: "others", size: sum(rest), images: rest.length, tiles: [] });
  if (shared.length > 0) {
    few.push({ key: "shared", reference: null, kind: "shared", size: sum(shared), images: 0, tiles: largest(shared) });
  }
  return few.filter((block) => block.size > 0).sort((a, b) => b.size - a.size);
}

function sum(parts: readonly { size: number }[]): number {
  return parts.reduce((total, part) => total + part.size, 0);
}

/** The largest tiles; what is left over is one tile more. */
function largest(blobs: SpaceOfBlob[]): SpaceOfBlob[] {
  const ordered = [...blobs].sort((a, b) => b.size - a.size);
  const rest = ordered.slice(TILES);
  if (rest.length === 0) return ordered;
  return [...ordered.slice(0, TILES), { digest: "", size: sum(rest), images: [] }].sort((a, b) => b.size - a.size);
}
