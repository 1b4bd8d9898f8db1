/**
 * Makes text from upstreams fit to be looked at. React renders it as text; what is left to do is to stop it from
 * reordering, hiding or flooding what stands around it.
 */

// C0 and C1 controls (line feed and tab stay), lone surrogates.
// biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is its purpose
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\ud800-\udfff]/gu;
// Marks that reorder or hide text: bidi controls, zero-width characters (joiners stay: Persian and emoji families need them), line separators, tags, the byte order mark.
const INVISIBLE =
  /[\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;
// More than three combining marks in a row pile up over the neighbouring lines.
const PILED = /(\p{M}{3})\p{M}+/gu;

/** The longest string that is kept of any value of the API. */
export const LONGEST = 20_000;

export function clean(text: string, longest: number = LONGEST): string {
  const cut = text.length > longest ? `${text.slice(0, longest).replace(/[\ud800-\udbff]$/, "")}…` : text;
  return cut.replace(CONTROL, "\ufffd").replace(INVISIBLE, "").replace(PILED, "$1");
}

/** Cleans every string inside an answer of the API, keys included; depth and shape stay. */
export function cleaned<T>(value: T): T {
  if (typeof value === "string") return clean(value) as T;
  if (Array.isArray(value)) return value.map(cleaned) as T;
  if (value !== null && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [clean(key, 1000), cleaned(part)])) as T;
  }
  return value;
}

/** One line of at most `longest` characters, for rows and cards. */
export function oneLine(text: string, longest = 240): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > longest ? `${line.slice(0, longest - 1).trimEnd()}…` : line;
}
