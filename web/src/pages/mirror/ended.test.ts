import { expect, it } from "vitest";
import { anyEnded } from "./ended";

const [one, two] = [{ name: "redis:7" }, { name: "debian:12" }];

it("notices an end, also when another fetch begins at once", () => {
  expect(anyEnded([one], [])).toBe(true);
  expect(anyEnded([one], [two])).toBe(true);
  expect(anyEnded([one], [one, two])).toBe(false);
  expect(anyEnded([], [])).toBe(false);
});
