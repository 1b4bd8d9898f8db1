/** The local list as it is shown: one row per repository, whatever its type. */

import { segments } from "../../api/client";
import type { Local, LocalDocker } from "../../api/rows";
import type { DepotName, ImageType } from "../../api/schema";

export interface TagRow {
  tag: string;
  size: number;
  platform: string;
  created: string | null;
}

export interface ImageRow {
  key: string;
  type: ImageType;
  name: string;
  description: string;
  icon: string;
  /** The depot to pull it from again. */
  depot: DepotName;
  tags: TagRow[];
  size: number;
  platforms: string[];
  /** The newest of its tags. */
  created: string | null;
  installed: string | null;
  unverified: boolean;
  /** The store that it lives in. */
  store: string;
}

export type Sort = "name" | "size" | "created" | "installed";
export type Kind = ImageType | "all";

export function rowOf(image: Local): ImageRow {
  const shared = {
    key: `${image.type}/${image.name}/${image.store ?? ""}`,
    type: image.type,
    name: image.name,
    description: image.description,
    icon: image.icon_url ?? "",
    store: image.store ?? "",
  };
  if (image.type === "lxc") {
    const created = image.created ?? null;
    const platform = image.arch ? `linux/${image.arch}` : "";
    return {
      ...shared,
      depot: "appcenter",
      tags: (image.tags?.length ? image.tags : ["latest"]).map((tag) => ({ tag, size: image.size, platform, created })),
      size: image.size,
      platforms: platform ? [platform] : [],
      created,
      installed: created,
      unverified: image.verified === false,
    };
  }
  const tags = image.tags.map((tag, i) => tagOf(image, tag, i));
  return {
    ...shared,
    depot: depotOf(image.depot),
    tags,
    size: tags.reduce((sum, tag) => sum + tag.size, 0),
    platforms: [...new Set(tags.map((tag) => tag.platform).filter(Boolean))],
    created: newest(tags.map((tag) => tag.created)),
    installed: newest(image.installed_at ?? []),
    unverified: false,
  };
}

function tagOf(image: LocalDocker, tag: string, i: number): TagRow {
  return { tag, size: image.size[i] ?? 0, platform: image.platforms?.[i] ?? "", created: image.created?.[i] ?? null };
}

function depotOf(depot: string | undefined): DepotName {
  return depot === "appcenter" || depot === "official" ? depot : "dockerhub";
}

function newest(times: (string | null)[]): string | null {
  return times.reduce((best, time) => (time && (!best || time > best) ? time : best), null);
}

export function matching(rows: readonly ImageRow[], filter: string, kind: Kind): ImageRow[] {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  return rows.filter((row) => {
    if (kind !== "all" && row.type !== kind) return false;
    if (words.length === 0) return true;
    const text = `${row.name} ${row.tags.map((tag) => `:${tag.tag}`).join(" ")} ${row.description}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

export function sorted(rows: readonly ImageRow[], by: Sort, up: boolean): ImageRow[] {
  const sign = up ? 1 : -1;
  return [...rows].sort((a, b) => sign * compare(a, b, by) || a.key.localeCompare(b.key, "en"));
}

function compare(a: ImageRow, b: ImageRow, by: Sort): number {
  if (by === "size") return a.size - b.size;
  if (by === "created") return (a.created ?? "").localeCompare(b.created ?? "");
  if (by === "installed") return (a.installed ?? "").localeCompare(b.installed ?? "");
  return a.name.localeCompare(b.name, "en");
}

/** The direction that people mean first: names from A, sizes from the largest, times from the newest. */
export const upAtFirst = (by: Sort): boolean => by === "name";

const SORTS: ReadonlySet<string> = new Set<Sort>(["name", "size", "created", "installed"]);
const REVERSED = "-reversed";

export const isKind = (word: string): word is Kind => word === "all" || word === "docker" || word === "lxc";

/** An order as the page's address has it: `size`, or `size-reversed` for the other direction. */
export function orderOf(text: string): { by: Sort; up: boolean } {
  const word = text.replace(REVERSED, "");
  const by = SORTS.has(word) ? (word as Sort) : "name";
  return { by, up: upAtFirst(by) !== text.endsWith(REVERSED) };
}

export function writtenOrder({ by, up }: { by: Sort; up: boolean }): string {
  return up === upAtFirst(by) ? by : by + REVERSED;
}

/** The tag that a whole row leads to. */
export const mainTag = ({ tags }: ImageRow): string =>
  (tags.find((one) => one.tag === "latest") ?? tags[0])?.tag ?? "latest";

/** The address of an image's page. */
export function pageOf(type: ImageType, name: string, tag: string): string {
  return `/images/${type}/${segments(name)}/${encodeURIComponent(tag)}`;
}
