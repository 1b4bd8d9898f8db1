import { describe, expect, it } from "vitest";
import type { Local } from "../../api/rows";
import { matching, orderOf, pageOf, rowOf, sorted, writtenOrder } from "./rows";

const docker: Local = {
  name: "ubuntu",
  type: "docker",
  from: "local",
  description: "An operating system",
  installed: true,
  downloading: false,
  icon: "",
  icon_url: "",
  is_latest: ["latest"],
  digests: ["", ""],
  installed_at: [null, null],
  tags: ["14.04", "latest"],
  size: [100, 150],
  platforms: ["linux/amd64", "linux/amd64"],
  created: ["2015-01-01T00:00:00Z", "2026-01-01T00:00:00Z"],
  depot: "official",
  store: "embedded",
};
const lxc: Local = {
  name: "debian/bookworm",
  type: "lxc",
  from: "local",
  description: "",
  installed: true,
  downloading: false,
  icon: "",
  icon_url: "",
  tags: ["latest"],
  created: null,
  installed_at: null,
  fingerprint: "",
  depot: "",
  size: 120,
  arch: "amd64",
  verified: false,
  store: "embedded",
};
// A row as the first clients knew it, with no further keys.
const plain = {
  ...docker,
  name: "lgsd/diamond",
  platforms: undefined,
  created: undefined,
  depot: undefined,
  size: [7],
  tags: ["latest"],
};
const rows = [docker, lxc, plain as unknown as Local].map(rowOf);

describe("rowOf", () => {
  it("sums up a repository", () => {
    expect(rows[0]).toMatchObject({
      size: 250,
      platforms: ["linux/amd64"],
      created: "2026-01-01T00:00:00Z",
      depot: "official",
    });
  });
  it("takes an LXC image, and says that it is not verified", () => {
    expect(rows[1]).toMatchObject({ size: 120, platforms: ["linux/amd64"], unverified: true, depot: "appcenter" });
    expect(rows[1]?.tags.map((tag) => tag.tag)).toEqual(["latest"]);
  });
  it("takes a row without our further keys", () => {
    expect(rows[2]).toMatchObject({ size: 7, platforms: [], created: null, depot: "dockerhub" });
  });
});

describe("matching", () => {
  it("finds by name, tag and description, all words", () => {
    const names = (filter: string) => matching(rows, filter, "all").map((row) => row.name);
    expect(names("UBU")).toEqual(["ubuntu"]);
    expect(names(":14")).toEqual(["ubuntu"]);
    expect(names("operating ubuntu")).toEqual(["ubuntu"]);
    expect(names("operating debian")).toEqual([]);
  });
  it("keeps one type", () => {
    expect(matching(rows, "", "lxc").map((row) => row.type)).toEqual(["lxc"]);
  });
});

describe("sorted", () => {
  it("sorts both ways, and what is equal by name", () => {
    expect(sorted(rows, "size", false).map((row) => row.size)).toEqual([250, 120, 7]);
    expect(sorted(rows, "name", true).map((row) => row.name)).toEqual(["debian/bookworm", "lgsd/diamond", "ubuntu"]);
    expect(sorted(rows, "installed", false)).toHaveLength(3);
  });
});

describe("pageOf", () => {
  it("keeps slashes and encodes the rest", () => {
    expect(pageOf("docker", "lan:5000/a/b", "sha256:1")).toBe("/images/docker/lan%3A5000/a/b/sha256%3A1");
  });
});

describe("an order in the address", () => {
  it("comes back as it was written, in both directions", () => {
    for (const by of ["name", "size", "created", "installed"] as const) {
      for (const up of [true, false]) expect(orderOf(writtenOrder({ by, up }))).toEqual({ by, up });
    }
    expect(writtenOrder({ by: "size", up: false })).toBe("size");
  });
  it("is the usual one for words that mean nothing", () => {
    expect(orderOf("colour")).toEqual({ by: "name", up: true });
    expect(orderOf("")).toEqual({ by: "name", up: true });
  });
});
