import { describe, expect, it } from "vitest";
import { isOwn, servedAs, shown } from "./own";

const UPSTREAMS = [
  { host: "ghcr.io", alias: "ghcr.io" },
  { host: "registry.lan:5000", alias: "registry.lan" },
];

describe("servedAs", () => {
  it("leaves names of Docker Hub as they are", () => {
    expect(servedAs("redis", UPSTREAMS)).toBe("redis");
    expect(servedAs("jellyfin/jellyfin", UPSTREAMS)).toBe("jellyfin/jellyfin");
  });
  it("puts the alias in place of a host", () => {
    expect(servedAs("ghcr.io/owner/app", UPSTREAMS)).toBe("ghcr.io/owner/app");
    expect(servedAs("registry.lan:5000/team/app", UPSTREAMS)).toBe("registry.lan/team/app");
  });
  it("knows no address for a registry that is not passed on", () => {
    expect(servedAs("other.lan/app", UPSTREAMS)).toBeNull();
    expect(servedAs("localhost/app", UPSTREAMS)).toBeNull();
  });
  it("names what was pushed here as it was pushed", () => {
    expect(servedAs("depot.internal/team/app", UPSTREAMS)).toBe("team/app");
  });
});

describe("shown", () => {
  it("hides the host of what was pushed here alone", () => {
    expect(shown("depot.internal/team/app")).toBe("team/app");
    expect(shown("ghcr.io/team/app")).toBe("ghcr.io/team/app");
    expect(isOwn("depot.internals/app")).toBe(false);
  });
});
