import { describe, expect, it } from "vitest";
import { isPage } from "./AppFacts";
import { appPage } from "./useOffer";

describe("appPage", () => {
  it.each([
    [{ type: "docker", name: "vaultwarden/server", tag: "latest" }, "/discover/app/docker/vaultwarden/server"],
    [{ type: "docker", name: "lan:5000/a/b", tag: "1.0+x" }, "/discover/app/docker/lan%3A5000/a/b?tag=1.0%2Bx"],
    [{ type: "lxc", name: "alpine/3.22", tag: "latest" }, "/discover/app/lxc/alpine/3.22"],
  ] as const)("%o", (offer, address) => {
    expect(appPage(offer)).toBe(address);
  });
});

describe("isPage", () => {
  it.each([
    ["https://jellyfin.org", true],
    ["http://wiki.lan/backup", true],
    ["https://x.example/debian.tar.xz", false],
    ["javascript:alert(1)", false],
    ["", false],
  ])("%s", (address, is) => {
    expect(isPage(address)).toBe(is);
  });
});
