import { expect, it } from "vitest";
import type { Space, SpaceOfBlob, SpaceOfImage } from "../../../api/schema";
import { blocksOf } from "./blocks";

const image = (reference: string, own: number): SpaceOfImage => ({
  type: "docker",
  name: reference,
  tag: "latest",
  reference,
  size: own,
  own,
  shared: 0,
  store: "embedded",
});
const space = (images: SpaceOfImage[], blobs: SpaceOfBlob[]): Space => ({
  free: 0,
  total: 0,
  reserve: 0,
  used: 0,
  images,
  blobs,
  reclaimable: { bytes: 0, files: 0 },
  parts: [],
});

it("sets shared layers apart, and leaves out what belongs to no image", () => {
  const blocks = blocksOf(
    space(
      [image("a", 30), image("b", 5)],
      [
        { digest: "1", size: 10, images: ["a"] },
        { digest: "2", size: 20, images: ["a"] },
        { digest: "3", size: 100, images: ["a", "b"] },
        { digest: "4", size: 5, images: ["b"] },
        { digest: "5", size: 999, images: [] },
      ],
    ),
  );
  expect(blocks.map(({ kind, reference, size }) => [kind, reference, size])).toEqual([
    ["shared", null, 100],
    ["image", "a", 30],
    ["image", "b", 5],
  ]);
  expect(blocks[1]?.tiles.map((tile) => tile.size)).toEqual([20, 10]);
});

it("draws an engine's images as whole blocks", () => {
  expect(blocksOf(space([image("a", 7)], [])).map((block) => [block.size, block.tiles.length])).toEqual([[7, 0]]);
});

it("gathers the smallest of very many images and layers", () => {
  const images = Array.from({ length: 100 }, (_, i) => image(`i${i}`, i + 1));
  const blobs = images.map((one) => ({ digest: one.reference, size: one.own, images: [one.reference] }));
  const many = Array.from({ length: 50 }, (_, i) => ({ digest: `m${i}`, size: 1000, images: ["big"] }));
  const blocks = blocksOf(space(images, [...blobs, ...many]));
  expect(blocks).toHaveLength(61);
  expect(blocks.find((block) => block.kind === "others")?.images).toBe(41);
  expect(blocks[0]?.tiles).toHaveLength(41);
  expect(blocks[0]?.size).toBe(50_000);
});
