import { describe, expect, it } from "vitest";
import type { GroupOfTags, TagDetails } from "../../api/schema";
import { linesOf } from "./tags";

const groups: GroupOfTags[] = [
  { kind: "current", major: "", tags: ["latest"] },
  { kind: "version", major: "17", tags: ["17", "17.2"] },
  { kind: "other", major: "", tags: ["alpine"] },
];
const fact = (tag: string, digest: string): [string, TagDetails] => [
  tag,
  { tag, digest, updated: null, size: 1, platforms: [] },
];

describe("linesOf", () => {
  it("has a heading for each group, in order", () => {
    expect(linesOf(groups, new Map(), "").map((line) => (line.kind === "tag" ? line.tag : line.group.major))).toEqual([
      "",
      "latest",
      "17",
      "17",
      "17.2",
      "",
      "alpine",
    ]);
  });
  it("leaves out groups in which nothing matches", () => {
    expect(linesOf(groups, new Map(), ".2").map((line) => line.key)).toEqual(["group version 17", "17.2"]);
  });
  it("marks what has the digest of latest, and not latest itself", () => {
    const facts = new Map([fact("latest", "sha256:a"), fact("17", "sha256:a"), fact("17.2", "sha256:b")]);
    expect(linesOf(groups, facts, "").filter((line) => line.kind === "tag" && line.isLatest)).toHaveLength(1);
    const unknown = new Map([fact("latest", ""), fact("17", "")]);
    expect(linesOf(groups, unknown, "").some((line) => line.kind === "tag" && line.isLatest)).toBe(false);
  });
});
