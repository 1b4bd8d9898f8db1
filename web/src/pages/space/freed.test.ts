import { expect, it } from "vitest";
import { freed } from "./freed";

const BLOBS = [
  { digest: "a", size: 10, images: ["redis:7"] },
  { digest: "b", size: 100, images: ["redis:7", "nginx:latest"] },
  { digest: "c", size: 1000, images: ["nginx:latest"] },
  { digest: "d", size: 5, images: [] },
];

it("counts only what nothing else uses", () => {
  expect(freed(BLOBS, new Set(["redis:7"]))).toBe(10);
  expect(freed(BLOBS, new Set(["redis:7", "nginx:latest"]))).toBe(1110);
  expect(freed(BLOBS, new Set())).toBe(0);
});
