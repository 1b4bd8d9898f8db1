import { describe, expect, it } from "vitest";
import { bytes, compact, percent, rate } from "./amounts";

const plain = (text: string) => text.replace("\u00a0", " ");

describe("bytes", () => {
  it("uses decimal units and three digits at most", () => {
    expect(plain(bytes(0))).toBe("0 B");
    expect(plain(bytes(999))).toBe("999 B");
    expect(plain(bytes(1000))).toBe("1.0 kB");
    expect(plain(bytes(28_234_567))).toBe("28.2 MB");
    expect(plain(bytes(999_999_999))).toBe("1.0 GB");
    expect(plain(bytes(123_456_789_012))).toBe("123 GB");
    expect(plain(bytes(99_960_000))).toBe("100 MB");
  });
  it("says nothing about what is not known", () => {
    expect(bytes(null)).toBe("–");
    expect(bytes(Number.NaN)).toBe("–");
    expect(bytes(-1)).toBe("–");
    expect(rate(null)).toBe("–");
  });
});

describe("compact and percent", () => {
  it("shortens counts", () => expect(compact(1_234_567)).toBe("1.2M"));
  it("never leaves 0 to 100", () => {
    expect(percent(5, 0)).toBe(0);
    expect(percent(5, 10)).toBe(50);
    expect(percent(11, 10)).toBe(100);
  });
});
