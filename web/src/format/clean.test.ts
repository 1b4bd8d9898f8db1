import { describe, expect, it } from "vitest";
import { clean, cleaned, LONGEST, oneLine } from "./clean";

describe("clean", () => {
  it("leaves ordinary text of any language as it is", () => {
    for (const text of [
      "Jellyfin 10.9",
      "naïve café",
      "日本語",
      "العربية",
      "👩\u200d👩\u200d👧",
      "می\u200cخواهم",
      "a\nb\tc",
    ]) {
      expect(clean(text)).toBe(text);
    }
  });
  it("leaves markup alone, because it is rendered as text", () => {
    expect(clean("<script>alert(1)</script>")).toBe("<script>alert(1)</script>");
  });
  it("shows that a control character stood there", () => {
    expect(clean("a\u0000b\u001b[31mc\u009f")).toBe("a\ufffdb\ufffd[31mc\ufffd");
  });
  it("drops marks that reorder or hide text", () => {
    expect(clean("inno\u202efdp.exe\u202c")).toBe("innofdp.exe");
    expect(clean("re\u200bdis\u2066x\u2069\u200f")).toBe("redisx");
    expect(clean("a\u{e0041}b")).toBe("ab");
  });
  it("thins out piled up combining marks", () => {
    expect(clean(`z${"\u0335".repeat(50)}`)).toBe(`z${"\u0335".repeat(3)}`);
  });
  it("cuts a flood, never in the middle of a character", () => {
    expect(clean("x".repeat(100_000))).toHaveLength(LONGEST + 1);
    expect(clean("😀".repeat(10), 5)).toBe("😀😀…");
  });
});

describe("cleaned", () => {
  it("reaches every string and key and keeps the other values", () => {
    expect(cleaned({ "k\u202e": ["a\u0007", 1, null, true, { x: "\u202eb" }] })).toEqual({
      k: ["a\ufffd", 1, null, true, { x: "b" }],
    });
  });
});

describe("oneLine", () => {
  it("folds white space and clamps", () => {
    expect(oneLine("  a\n\n b  ")).toBe("a b");
    expect(oneLine("word ".repeat(100), 20)).toBe("word word word word…");
  });
});
