/** The language of the web UI: the one that was chosen in this browser, else the first of the browser's that there is. */

export const LANGUAGES = { en: "English", de: "Deutsch" } as const;
export type Language = keyof typeof LANGUAGES;

const KEPT = "imagedepot.language";

/** `kept` is what was chosen, `wanted` are the browser's languages (`de-AT`), the best first. */
export function languageOf(kept: string | null, wanted: readonly string[]): Language {
  return [kept ?? "", ...wanted].map(primary).find(isLanguage) ?? "en";
}

/** The browser's own form of the language (`en-GB` writes dates in its own way), else the language. */
export function localeOf(language: Language, wanted: readonly string[]): string {
  return wanted.find((one) => primary(one) === language) ?? language;
}

const primary = (locale: string): string => locale.toLowerCase().split(/[-_]/, 1)[0] ?? "";
const isLanguage = (word: string): word is Language => Object.hasOwn(LANGUAGES, word);

const inBrowser = typeof document !== "undefined";
const wanted = inBrowser ? navigator.languages : [];

export const language: Language = languageOf(inBrowser ? kept() : null, wanted);
export const locale: string = localeOf(language, wanted);
if (inBrowser) document.documentElement.lang = language;

/** Keeps the choice, and draws the page again with it. */
export function choose(chosen: Language): void {
  localStorage.setItem(KEPT, chosen);
  window.location.reload();
}

/** Null also where the browser keeps nothing. */
function kept(): string | null {
  try {
    return localStorage.getItem(KEPT);
  } catch {
    return null;
  }
}
