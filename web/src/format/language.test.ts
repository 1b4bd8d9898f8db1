import { expect, it } from "vitest";
import { languageOf, localeOf } from "./language";

it.each([
  [null, ["de-AT", "en"], "de"],
  [null, ["fr-FR", "de", "en"], "de"],
  [null, ["en-GB", "de"], "en"],
  [null, ["fr", "constructor"], "en"],
  [null, [], "en"],
  ["en", ["de-DE"], "en"],
  ["de", ["en-US"], "de"],
  ["tlh", ["de-DE"], "de"],
] as const)("of what was chosen (%s) and the browser's %s it takes %s", (kept, wanted, language) => {
  expect(languageOf(kept, wanted)).toBe(language);
});

it("writes dates and numbers in the browser's own form of the language", () => {
  expect(localeOf("de", ["en-US", "de-CH", "de"])).toBe("de-CH");
  expect(localeOf("de", ["en-US"])).toBe("de");
});
