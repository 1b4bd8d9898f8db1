import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { type Built, firstLoads } from "./first_load";

const noise = (size: number) => randomBytes(size);
const entry: Built = {
  fileName: "index.js",
  source: noise(1000),
  isEntry: true,
  imports: ["shared.js"],
  dynamicImports: ["german.js", "start.js"],
  css: ["index.css"],
};
const files: Built[] = [
  entry,
  { fileName: "start.js", source: noise(700), imports: ["index.js"], dynamicImports: ["small.js", "large.js"] },
  { fileName: "german.js", source: noise(90) },
  { fileName: "shared.js", source: noise(500), imports: ["index.js"] },
  { fileName: "small.js", source: noise(10), imports: ["index.js", "shared.js"] },
  { fileName: "large.js", source: noise(5000), css: ["large.css"] },
  { fileName: "index.css", source: noise(200) },
  { fileName: "large.css", source: noise(300) },
  { fileName: "text.woff2", source: "a".repeat(4000) },
  { fileName: "text-latin-ext-wght.woff2", source: "a".repeat(9000) },
];

describe("what a first visit costs", () => {
  it("counts the entry, the application, the page, the other language, what both need, and fonts as they are", () => {
    const [first, second] = firstLoads(files);
    expect(first?.page).toBe("large.js");
    expect(first?.bytes).toBeGreaterThan(1000 + 700 + 90 + 500 + 5000 + 200 + 300 + 4000);
    expect(second?.bytes).toBeLessThan(1000 + 700 + 90 + 500 + 10 + 200 + 4000 + 300);
  });

  it("fails on a build without an entry rather than find it small", () => {
    expect(() => firstLoads(files.slice(1))).toThrow();
    expect(() => firstLoads(files.filter((file) => file.fileName !== "start.js"))).toThrow();
  });
});
