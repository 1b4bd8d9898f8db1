import { describe, expect, it } from "vitest";
import { EVERYTHING, nextPage, queryOf } from "./filters";

describe("queryOf", () => {
  it("names what is chosen and nothing else", () => {
    expect(queryOf(EVERYTHING)).toBe("");
    expect(queryOf({ ...EVERYTHING, actor: " ada ", outcome: "refused", text: "a&b=c" })).toBe(
      "actor=ada&outcome=refused&text=a%26b%3Dc",
    );
  });
});

describe("nextPage", () => {
  it("begins behind the last row of a full page, and there is none after one that is not full", () => {
    expect(nextPage([{ id: "9" }, { id: "8" }], 2)).toBe("8");
    expect(nextPage([{ id: "9" }], 2)).toBeUndefined();
    expect(nextPage([], 2)).toBeUndefined();
  });
});
