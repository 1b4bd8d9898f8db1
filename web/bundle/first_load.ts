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

/** Bytes over the wire for each page, the largest first: the entry, that page, their styles, and every font. */
export function firstLoads(files: readonly Built[]): Load[] {
  const named = new Map(files.map((file) => [file.fileName, file]));
  const entry = files.find((file) => file.isEntry);
  if (!entry) throw new Error("the build has no entry");
  const fonts = files.filter((file) => file.fileName.endsWith(".woff2")).map((file) => file.fileName);
  return (entry.dynamicImports ?? [])
    .map((page) => {
      const needed = new Set(fonts);
      collect(entry.fileName, named, needed);
      collect(page, named, needed);
      return { page, bytes: [...needed].reduce((sum, name) => sum + transferred(named.get(name)), 0) };
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
