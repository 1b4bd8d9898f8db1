import { afterEach, describe, expect, it, vi } from "vitest";
import { compact, count } from "./amounts";
import { age, moment, timeOfDay } from "./time";

/** An `Intl` object costs more than a line of a list; one in a render is thousands in a scroll. */
describe("text of a line", () => {
  afterEach(() => vi.restoreAllMocks());
  it("makes no Intl object", () => {
    const made = (["DateTimeFormat", "NumberFormat", "RelativeTimeFormat"] as const).map((kind) =>
      vi.spyOn(Intl, kind),
    );
    const local = vi.spyOn(Number.prototype, "toLocaleString");
    const time = "2026-11-20T20:00:00Z";
    expect([moment(time), timeOfDay(time), age(time), count(3000), compact(1_234_567)]).toContain("3,000");
    for (const spy of [...made, local]) expect(spy).not.toHaveBeenCalled();
  });
});
