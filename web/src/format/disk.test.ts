import { expect, it } from "vitest";
import { usable } from "./disk";

it("leaves the reserve out of what is free, and never goes below nothing", () => {
  expect(usable({ free: 300, reserve: 200 })).toBe(100);
  expect(usable({ free: 100, reserve: 200 })).toBe(0);
});
