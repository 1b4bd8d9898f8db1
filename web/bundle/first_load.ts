/** What a browser fetches before it shows a page, of the files that a build made. */

import { gzipSync } from "node:zlib";

/** What this module needs of one file of a bundle. */
export interface Built {
  fileName: string;
  source: string | Uint8Array;
  /** Chunks only: what it needs at once, what it fetches when a page is opened, and the styles of both. */
  imports?: string[];
  dynamicImports?: string[];
  css?: Iterable<string>;
  isEntry?: boolean;
}

export interface Load {
  page: string;
  bytes: number;
}

/**
 * Bytes over the wire for each page, the largest first: the entry, the application that it starts, that page, their
 * styles, the fonts, and the longest of the languages that the entry fetches beside its own.
 */
export function firstLoads(files: readonly Built[]): Load[] {
  const named = new Map(files.map((file) => [file.fileName, file]));
  const entry = files.find((file) => file.isEntry);
  if (!entry) throw new Error("the build has no entry");
  const fetched = entry.dynamicImports ?? [];
  const start = fetched.map((name) => named.get(name)).find((file) => file?.dynamicImports?.length);
  if (!start) throw new Error("the entry starts no application");
  const language = Math.max(
    0,
    ...fetched.filter((name) => name !== start.fileName).map((name) => transferred(named.get(name))),
  );
  // The letters beyond Western Europe's are fetched when the first of them is shown.
  const fonts = files.map((file) => file.fileName).filter((name) => /\.woff2$/.test(name) && !/-latin-ext-/.test(name));
  return (start.dynamicImports ?? [])
    .map((page) => {
      const needed = new Set(fonts);
      for (const name of [entry.fileName, start.fileName, page]) collect(name, named, needed);
      return { page, bytes: [...needed].reduce((sum, name) => sum + transferred(named.get(name)), language) };
    })
    .sort((a, b) => b.bytes - a.bytes);
}

function collect(name: string, named: ReadonlyMap<string, Built>, needed: Set<string>): void {
  if (needed.has(name)) return;
  needed.add(name);
  const file = named.get(name);
  for (const style of file?.css ?? []) needed.add(style);
  for (const imported of file?.imports ?? []) collect(imported, named, needed);
}

/** Fonts are compressed already. */
function transferred(file: Built | undefined): number {
  if (!file) return 0;
  if (file.fileName.endsWith(".woff2")) return Buffer.byteLength(file.source);
  return gzipSync(file.source, { level: 9 }).length;
}
