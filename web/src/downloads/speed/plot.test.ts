import { expect, it } from "vitest";
import { plot } from "./plot";

it("needs two samples", () => {
  expect(plot([])).toBeNull();
  expect(plot([5])).toBeNull();
});

it("puts the newest at the right, the fastest near the top and zero at the bottom", () => {
  const drawn = plot([0, 110], 2);
  expect(drawn?.line).toBe("M0,30L100,2.73");
  expect(drawn?.area).toBe("M0,30L100,2.73L100,30L0,30Z");
});

it("fills its width with ten samples, however long a minute is", () => {
  const ten = plot(Array.from({ length: 10 }, () => 5));
  expect(ten?.line).toMatch(/^M0,/);
  expect(plot([5, 5, 5, 5])?.line).toMatch(/^M66\.67,/);
  expect(plot(Array.from({ length: 60 }, () => 5))?.line).toMatch(/^M0,/);
});

it("draws a stalled download as a flat line", () => {
  expect(plot([0, 0, 0], 3)?.line).toBe("M0,30L50,30L100,30");
});
