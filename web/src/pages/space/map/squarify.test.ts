import { describe, expect, it } from "vitest";
import { type Rect, squarify } from "./squarify";

const FRAME: Rect = { x: 10, y: 20, width: 600, height: 400 };
const area = (rect: Rect) => rect.width * rect.height;
const overlap = (a: Rect, b: Rect) =>
  Math.max(0, Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x)) *
  Math.max(0, Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y));

describe("squarify", () => {
  it("lays out the paper's example as the paper does", () => {
    const rects = squarify([6, 6, 4, 3, 2, 2, 1], { x: 0, y: 0, width: 6, height: 4 });
    expect(rects[0]).toEqual({ x: 0, y: 0, width: 3, height: 2 });
    expect(rects[1]).toEqual({ x: 0, y: 2, width: 3, height: 2 });
    expect(rects[2]?.width).toBeCloseTo(12 / 7);
  });
  it("gives each value its share of the frame, inside it and without overlap", () => {
    const values = [500, 300, 120, 90, 88, 40, 9, 3, 1, 1];
    const rects = squarify(values, FRAME);
    const total = values.reduce((sum, value) => sum + value, 0);
    rects.forEach((rect, i) => {
      expect(area(rect)).toBeCloseTo(((values[i] ?? 0) / total) * area(FRAME), 4);
      expect(rect.x).toBeGreaterThanOrEqual(FRAME.x - 1e-6);
      expect(rect.y + rect.height).toBeLessThanOrEqual(FRAME.y + FRAME.height + 1e-6);
      for (const other of rects.slice(i + 1)) expect(overlap(rect, other)).toBeLessThan(1e-6);
    });
  });
  it("keeps equal values squarish", () => {
    for (const rect of squarify(Array(24).fill(1), FRAME)) {
      expect(Math.max(rect.width / rect.height, rect.height / rect.width)).toBeLessThan(1.6);
    }
  });
  it("survives nothing, zeros and an empty frame", () => {
    expect(squarify([], FRAME)).toEqual([]);
    expect(squarify([0, 0], FRAME).map(area)).toEqual([0, 0]);
    expect(squarify([5, 0], FRAME).map((rect) => Math.round(area(rect)))).toEqual([240_000, 0]);
    expect(squarify([1], { x: 0, y: 0, width: 0, height: 10 }).map(area)).toEqual([0]);
  });
  it("lays out 3,000 values at once", () => {
    expect(
      squarify(
        Array.from({ length: 3000 }, (_, i) => 3000 - i),
        FRAME,
      ),
    ).toHaveLength(3000);
  });
});
