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
