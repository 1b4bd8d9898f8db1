import { describe, expect, it } from "vitest";
import type { Found } from "../../api/rows";
import { arranged, categoriesOf, categoryName, narrowed, offerOf } from "./offer";

const row = (more: Partial<Found>) =>
  ({
    name: "jellyfin/jellyfin",
    type: "docker",
    from: "appcenter",
    description: "A media server",
    location: "",
    icon_url: "",
    installed: false,
    downloading: false,
    title: "Jellyfin",
    arch: "amd64",
    size: null,
    categories: ["Media"],
    ...more,
  }) as Found;
const offers = [
  row({}),
  row({ name: "armbuild/ubuntu:14.04", title: "Ubuntu 14.04", arch: "armhf", categories: ["System"], description: "" }),
  row({ name: "debian/bookworm", type: "lxc", title: "Debian", size: "1000", categories: ["System"], description: "" }),
].map((one) => offerOf(one, "linux/amd64"));

describe("offerOf", () => {
  it("takes the tag out of a docker name and leaves an LXC name", () => {
    expect(offers[1]).toMatchObject({ name: "armbuild/ubuntu", tag: "14.04", fits: false });
    expect(offers[2]).toMatchObject({ name: "debian/bookworm", tag: "latest", size: 1000 });
  });
  it("takes a search row, which knows less", () => {
    const offer = offerOf(
      { ...row({ title: undefined, arch: undefined, size: undefined, categories: undefined }), from: "dockerhub" },
      "linux/amd64",
    );
    expect(offer).toMatchObject({ title: "jellyfin/jellyfin", fits: true, size: null, categories: [] });
  });
});

describe("one image in several rows", () => {
  const both = [row({ arch: "arm64", categories: ["Films"] }), row({})].map((one) => offerOf(one, "linux/amd64"));

  it("is one offer that fits when any row does", () => {
    expect(arranged(both)).toEqual([
      expect.objectContaining({
        fits: true,
        arch: "amd64",
        arches: ["amd64", "arm64"],
        categories: ["Media", "Films"],
      }),
    ]);
  });
  it("stays two when their tags differ", () => {
    expect(arranged([...both, offerOf(row({ name: "jellyfin/jellyfin:10" }), "linux/amd64")])).toHaveLength(2);
  });
});

describe("categoryName", () => {
  it.each([
    ["smart-home", "Smart home"],
    ["Media", "Media"],
    ["", ""],
  ])("%s", (category, words) => {
    expect(categoryName(category)).toBe(words);
  });
});

describe("arranged, categoriesOf, narrowed", () => {
  it("puts what does not run here last", () => {
    expect(arranged(offers).map((one) => one.title)).toEqual(["Jellyfin", "Debian", "Ubuntu 14.04"]);
  });
  it("orders categories by how many images they have", () => {
    expect(categoriesOf(offers)).toEqual(["System", "Media"]);
  });
  it("narrows to one category and one type", () => {
    expect(narrowed(offers, null, null)).toHaveLength(3);
    expect(narrowed(offers, "System", null)).toHaveLength(2);
    expect(narrowed(offers, "System", "lxc")).toHaveLength(1);
    expect(narrowed(offers, "Media", "lxc")).toHaveLength(0);
  });
});
