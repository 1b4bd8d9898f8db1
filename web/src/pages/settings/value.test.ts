import { describe, expect, it } from "vitest";
import { atField, wrongNumber } from "./value";

describe("a number of a setting", () => {
  const bounds = { lowest: 1, highest: 64 };

  it.each(["1", "3", "64"])("%s is within the bounds", (typed) => {
    expect(wrongNumber(typed, bounds)).toBe("");
  });

  it.each(["", "0", "65", "-1", "2.5", "1e1", "many"])("%j is refused with what to enter", (typed) => {
    expect(wrongNumber(typed, bounds)).toBe("Enter a whole number from 1 to 64.");
  });
});

describe("a refusal of the service at its field", () => {
  it("goes without the setting's name, as a sentence", () => {
    expect(atField("IMAGEDEPOT_MIRROR_SPACE: not an amount such as 50GB (or 0)", "IMAGEDEPOT_MIRROR_SPACE")).toBe(
      "Not an amount such as 50GB (or 0).",
    );
  });

  it("stays as it is when it is one already", () => {
    expect(atField("No answer from Image Depot.", "IMAGEDEPOT_BANDWIDTH")).toBe("No answer from Image Depot.");
  });
});
