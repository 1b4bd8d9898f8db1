/** The one-time code of a link that the service printed: `…/setup#code=K7QX-…`. */

export function codeOf(hash: string): string {
  return new URLSearchParams(hash.replace(/^#/, "")).get("code")?.trim().slice(0, 64) ?? "";
}
