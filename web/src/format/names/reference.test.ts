import { describe, expect, it } from "vitest";
import { parse, registryOf, shortDigest, split, written } from "./reference";

const HEX = "a".repeat(64);

describe("parse", () => {
  it.each([
    ["redis", "redis", "latest"],
    ["docker.io/library/redis", "redis", "latest"],
    ["library/redis:7", "redis", "7"],
    ["lgsd/diamond", "lgsd/diamond", "latest"],
    ["ghcr.io/home-assistant/home-assistant:stable", "ghcr.io/home-assistant/home-assistant", "stable"],
    ["registry.lan:5000/a/b", "registry.lan:5000/a/b", "latest"],
    ["registry.lan:5000/a/b:1", "registry.lan:5000/a/b", "1"],
    ["localhost/x", "localhost/x", "latest"],
    [`redis@sha256:${HEX}`, "redis", `sha256:${HEX}`],
    [`redis:7@sha256:${HEX}`, "redis", `sha256:${HEX}`],
    ["  docker pull nginx:1.27 ", "nginx", "1.27"],
    ["https://quay.io/a/b", "quay.io/a/b", "latest"],
    ["https://hub.docker.com/r/linuxserver/jellyfin", "linuxserver/jellyfin", "latest"],
    ["https://hub.docker.com/r/linuxserver/jellyfin/tags?page=1", "linuxserver/jellyfin", "latest"],
    ["hub.docker.com/_/redis/", "redis", "latest"],
    ["https://hub.docker.com/layers/library/redis/7/images/sha256-ab", "redis", "7"],
    ["https://github.com/Owner/repo/pkgs/container/group%2Fname", "ghcr.io/owner/group/name", "latest"],
    ["https://github.com/orgs/owner/packages/container/package/name", "ghcr.io/owner/name", "latest"],
    ["https://quay.io/repository/prometheus/node-exporter?tab=tags", "quay.io/prometheus/node-exporter", "latest"],
    ["quay.io/a/b:1", "quay.io/a/b", "1"],
    ["podman image pull ghcr.io/a/b", "ghcr.io/a/b", "latest"],
  ])("understands %s", (text, name, tag) => {
    expect(parse(text)).toEqual({ reference: { name, tag } });
  });
  it.each([
    ["", "empty"],
    ["Redis", "upper"],
    ["ghcr.io/A/b", "upper"],
    ["a b", "name"],
    ["a//b", "name"],
    ["redis:", "tag"],
    ["redis:-x", "tag"],
    ["redis@sha256:12", "digest"],
    ["../etc/passwd", "name"],
    ["<script>", "name"],
  ])("refuses %s and says why", (text, problem) => {
    expect(parse(text)).toEqual({ problem });
  });
});

describe("written, split, registryOf, shortDigest", () => {
  it("writes the short form", () => {
    expect(written({ name: "redis", tag: "7" })).toBe("redis:7");
    expect(written({ name: "redis", tag: `sha256:${HEX}` })).toBe(`redis@sha256:${HEX}`);
  });
  it("splits a catalog's name, not a port", () => {
    expect(split("ubuntu:14.04")).toEqual({ name: "ubuntu", tag: "14.04" });
    expect(split("lan:5000/x")).toEqual({ name: "lan:5000/x", tag: "latest" });
  });
  it("knows a registry host", () => {
    expect(registryOf("quay.io/a/b")).toBe("quay.io");
    expect(registryOf("lgsd/diamond")).toBeNull();
  });
  it("shortens a digest", () => expect(shortDigest(`sha256:${HEX}`)).toBe("aaaaaaaaaaaa"));
});
