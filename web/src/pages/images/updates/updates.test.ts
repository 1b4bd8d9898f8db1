import { expect, test } from "vitest";
import type { AllImageUpdates, ImageUpdate } from "../../../api/schema";
import { rowOf } from "../rows";
import { summaryOf, updatesOf, verdictOf } from "./updates";

const update = (more: Partial<ImageUpdate> = {}): ImageUpdate => ({
  type: "docker",
  name: "redis",
  tag: "7",
  digest: "sha256:a",
  upstream: "sha256:b",
  version: null,
  size: 1000,
  update: true,
  checked: "2026-11-24T10:00:00Z",
  error: null,
  rule: "*",
  action: "notify",
  ...more,
});

const all = (more: Partial<AllImageUpdates> = {}): AllImageUpdates => ({
  checked: "2026-11-24T10:00:00Z",
  waiting: 0,
  available: 3,
  size: 340_000_000,
  results: [],
  total_count: 0,
  ...more,
});

const NOW = Date.parse("2026-11-24T12:00:00Z");

test("the summary says how many, and when it was checked", () => {
  expect(summaryOf(all(), NOW)).toBe("3 updates · checked 2 hours ago");
  expect(summaryOf(all({ available: 0, checked: null }), NOW)).toBe("Not checked for updates yet");
  expect(summaryOf(all({ available: 1, waiting: 2 }), NOW)).toBe("1 update · checking 2 images");
});

test("a row has the updates of its tags alone", () => {
  const row = rowOf({
    name: "redis",
    type: "docker",
    from: "local",
    installed: true,
    downloading: false,
    description: "",
    icon: "",
    size: [1, 2],
    tags: ["7", "8"],
    is_latest: [],
  } as unknown as Parameters<typeof rowOf>[0]);
  const rows = [update(), update({ tag: "8", update: false }), update({ name: "other" })];
  expect(updatesOf(row, rows).map((one) => one.tag)).toEqual(["7"]);
  expect(updatesOf(row, undefined)).toEqual([]);
});

test("the end of a check is one sentence", () => {
  expect(verdictOf("redis", [update(), update({ update: false })])).toBe("1 update found");
  expect(verdictOf("redis", [update({ update: false })])).toBe("redis: up to date");
  expect(verdictOf("redis", [update({ update: null, error: "no way" })])).toBe("Could not check redis");
});
