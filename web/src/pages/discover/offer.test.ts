import { describe, expect, it } from "vitest";
import type { Found } from "../../api/rows";
import { arranged, categoriesOf, categoryKey, categoryName, narrowed, offerOf, ordered, ordersOf } from "./offer";

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
    expect(categoriesOf(offers)).toEqual([
      { key: "system", name: "System" },
      { key: "media", name: "Media" },
    ]);
  });
  it("narrows to one category and one type", () => {
    expect(narrowed(offers, null, null)).toHaveLength(3);
    expect(narrowed(offers, "system", null)).toHaveLength(2);
    expect(narrowed(offers, "system", "lxc")).toHaveLength(1);
    expect(narrowed(offers, "media", "lxc")).toHaveLength(0);
  });
});

describe("categories of several catalogs", () => {
  const two = [
    row({ categories: ["smart-home", "Smart Home", "--"] }),
    row({ name: "a/b", categories: ["SMART_HOME", "Media"] }),
  ].map((one) => offerOf(one, "linux/amd64"));

  it("are one when they differ by case and punctuation alone", () => {
    expect(two[0]?.categories).toEqual(["smart-home"]);
    expect(categoriesOf(two)).toEqual([
      { key: "smarthome", name: "Smart home" },
      { key: "media", name: "Media" },
    ]);
    expect(narrowed(two, categoryKey("Smart Home"), null)).toHaveLength(2);
  });
});

describe("ordered", () => {
  const some = [
    row({ name: "b", title: "beta 10", pull_count: 5 }),
    row({ name: "d", title: "Delta", arch: "arm64", pull_count: 900 }),
    row({ name: "a", title: "Beta 9", pull_count: null }),
    row({ name: "c", title: "Gamma", pull_count: 70 }),
  ].map((one) => offerOf(one, "linux/amd64"));
  const titles = (by: "recommended" | "popular" | "name") => ordered(some, by).map((one) => one.title);

  it("takes the most pulls first, the unknown last, and what does not run here after all", () => {
    expect(titles("popular")).toEqual(["Gamma", "beta 10", "Beta 9", "Delta"]);
  });
  it("takes titles from A, whatever their case", () => {
    expect(titles("name")).toEqual(["Beta 9", "beta 10", "Gamma", "Delta"]);
  });
  it("leaves the catalogs' order as it came", () => {
    expect(titles("recommended")).toEqual(some.map((one) => one.title));
  });
  it("is offered where there are figures for it", () => {
    expect(ordersOf("official")).toEqual(["popular", "name"]);
    expect(ordersOf("appcenter")).toEqual(["recommended", "name"]);
  });
});
