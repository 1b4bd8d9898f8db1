import { describe, expect, it } from "vitest";
import type { Download } from "../../api/schema";
import { nextSteps, plannedRetry } from "./nextSteps";

const NOTHING = { type: "docker", name: "registry.lan/lab/app", login: "", missing: null, offered: [], retry_at: null };
const failed = (more: Partial<Download>) => ({ ...NOTHING, reason: null, ...more }) as Download;
const steps = (more: Partial<Download>) => nextSteps(failed(more)).map(({ words, to }) => [words, to]);

describe("the next step", () => {
  it("is a login, at the registry that wants one", () => {
    expect(steps({ reason: "upstream_denied", login: "registry.lan:5000" })).toEqual([
      ["Sign in to registry.lan:5000", "/settings/registries?host=registry.lan%3A5000"],
    ]);
    expect(
      steps({ reason: "upstream_not_found", login: "docker.io", name: "lab/app" }).map(([words]) => words),
    ).toEqual(["See the tags", "Sign in to Docker Hub"]);
  });

  it("is to free what is missing", () => {
    expect(steps({ reason: "storage_failure", missing: 13_100_000 })).toEqual([["Free up 13.1\u00a0MB", "/space"]]);
    expect(steps({ reason: "storage_failure" })).toEqual([["See what takes space", "/space"]]);
  });

  it("is a platform that there is", () => {
    expect(steps({ reason: "no_such_platform", offered: ["linux/arm64", "linux/arm/v7"] })).toEqual([
      ["Choose linux/arm64", null],
      ["Choose linux/arm/v7", null],
    ]);
  });

  it("is to see the tags", () => {
    expect(steps({ reason: "upstream_not_found" })).toEqual([
      ["See the tags", "/discover/app/docker/registry.lan/lab/app"],
    ]);
    expect(steps({ reason: "upstream_not_found", type: "lxc" })).toEqual([]);
  });

  it("is nothing but to try again where the network failed", () => {
    expect(steps({ reason: "network_lost" })).toEqual([]);
  });
});

it("names the local time of a retry that happens by itself, until it has come", () => {
  const now = Date.UTC(2026, 10, 23, 12);
  expect(plannedRetry(failed({ retry_at: "2026-11-23T12:05:00Z" }), now)).toMatch(/^Retries by itself at \d+:\d\d/);
  expect(plannedRetry(failed({ retry_at: "2026-11-26T12:05:00Z" }), now)).toMatch(/Nov 26, 2026/);
  expect(plannedRetry(failed({ retry_at: "2026-11-23T11:59:00Z" }), now)).toBeNull();
  expect(plannedRetry(failed({}), now)).toBeNull();
});
