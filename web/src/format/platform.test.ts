import { expect, it } from "vitest";
import { fits, platformOf } from "./platform";

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

it("names the system of an LXC image, not its distribution", () => {
  expect(platformOf("lxc", { Os: "Alpine", Architecture: "amd64" })).toBe("linux/amd64");
  expect(platformOf("docker", { Os: "windows", Architecture: "amd64" })).toBe("windows/amd64");
  expect(platformOf("docker", { Os: "linux", Architecture: "arm", Variant: "v7" })).toBe("linux/arm/v7");
  expect(platformOf("lxc", {})).toBe("");
});
