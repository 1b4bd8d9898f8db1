/** The window's title: how far the downloads are, the page, the product. */

import { texts } from "../../texts";

let page = "";
let progress = "";

export function titlePage(words: string): void {
  page = words;
  write();
}

/** In percent; null while nothing is being downloaded. */
export function titleProgress(percent: number | null): void {
  progress = percent === null ? "" : `${Math.floor(percent)}% · `;
  write();
}

function write(): void {
  document.title = `${progress}${page ? `${page} · ` : ""}${texts.product}`;
}
