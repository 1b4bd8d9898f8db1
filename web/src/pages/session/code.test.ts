import { describe, expect, it } from "vitest";
import { codeOf } from "./code";

describe("codeOf", () => {
  it("reads the code of a link", () => expect(codeOf("#code=K7QX-2M3N-ABCD-WXYZ")).toBe("K7QX-2M3N-ABCD-WXYZ"));
  it("reads it among others", () => expect(codeOf("#a=b&code=K7QX")).toBe("K7QX"));
  it("is empty without one", () => {
    for (const hash of ["", "#", "#code", "#code=", "#top", "#%"]) expect(codeOf(hash)).toBe("");
  });
  it("takes no novel", () => expect(codeOf(`#code=${"x".repeat(1000)}`)).toHaveLength(64));
});
