import { expect, it } from "vitest";
import { fits } from "./platform";

it.each([
  ["amd64", "linux/amd64", true],
  ["x86_64", "linux/amd64", true],
  ["linux/amd64", "linux/amd64", true],
  ["i386", "linux/amd64", true],
  ["armhf", "linux/amd64", false],
  ["linux/arm64/v8", "linux/arm64", true],
  ["arm64", "linux/arm64/v8", true],
  ["armhf", "linux/arm/v7", true],
  ["linux/arm/v6", "linux/arm/v7", true],
  ["linux/arm/v7", "linux/arm/v6", false],
  ["windows/amd64", "linux/amd64", false],
  ["", "linux/amd64", true],
  [undefined, "linux/amd64", true],
])("%s on %s: %s", (arch, host, runs) => {
  expect(fits(arch, host)).toBe(runs);
});
