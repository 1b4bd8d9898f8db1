import { expect, it } from "vitest";
import { middle } from "./middle";

it("leaves a short name alone", () => {
  expect(middle("redis:7", 20)).toBe("redis:7");
});

it("keeps the beginning and the tag of a long one", () => {
  expect(middle("ghcr.io/some-team/some-application:3.18", 21)).toBe("ghcr.io/so…ation:3.18");
  expect([...middle("ghcr.io/some-team/some-application:3.18", 21)]).toHaveLength(21);
});

it("cuts no character in two", () => {
  expect(middle("😀😀😀😀😀😀", 3)).toBe("😀…😀");
});
