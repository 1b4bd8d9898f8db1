import { describe, expect, it } from "vitest";
import { age, duration } from "./time";

const now = Date.parse("2026-11-23T20:00:00Z");

describe("age", () => {
  it("names the largest unit that fits", () => {
    expect(age("2026-11-23T19:59:30Z", now)).toBe("just now");
    expect(age("2026-11-23T19:10:00Z", now)).toBe("50 minutes ago");
    expect(age("2026-11-20T20:00:00Z", now)).toBe("3 days ago");
    expect(age("2024-11-01T20:00:00Z", now)).toBe("2 years ago");
  });
  it("says nothing of a time that is unknown or a builder's zero", () => {
    expect(age(null, now)).toBe("");
    expect(age("yesterday-ish", now)).toBe("");
    expect(age("0001-01-01T00:00:00Z", now)).toBe("");
    expect(age("1970-01-01T00:00:00Z", now)).toBe("");
  });
});

describe("duration", () => {
  it("drops what does not matter", () => {
    expect(duration(3.2)).toBe("4 s");
    expect(duration(125)).toBe("2 min 5 s");
    expect(duration(1800)).toBe("30 min");
    expect(duration(4360)).toBe("1 h 12 min");
    expect(duration(500_000)).toBe("5 days");
    expect(duration(null)).toBe("–");
  });
});
