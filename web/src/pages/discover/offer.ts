/** A found image as a card shows it. */

import type { Found } from "../../api/rows";
import type { DepotName, ImageType } from "../../api/schema";
import { oneLine } from "../../format/clean";
import { type Reference, split, written } from "../../format/names/reference";
import { fits } from "../../format/platform";

export interface Offer {
  key: string;
  from: DepotName;
  type: ImageType;
  name: string;
  tag: string;
  title: string;
  description: string;
  icon: string;
  /** The upstream's own address of the icon, kept with the image. */
  iconSource: string;
  location: string;
  arch: string;
  /** All architectures that the depot has a row for, this device's first. */
  arches: string[];
  size: number | null;
  categories: string[];
  fits: boolean;
  installed: boolean;
  official: boolean;
  trusted: boolean;
  stars: number | null;
  pulls: number | null;
}

export function offerOf(row: Found, host: string): Offer {
  // A docker name of a catalog may carry its tag; an LXC name never does.
  const { name, tag } =
    row.type === "docker" ? split(row.name, row.tag || "latest") : { name: row.name, tag: row.tag || "latest" };
  const size = Number(row.size);
  return {
    key: `${row.from} ${row.type} ${row.name}`,
    from: row.from,
    type: row.type,
    name,
    tag,
    title: row.title || row.name,
    description: row.description,
    icon: row.icon_url ?? "",
    iconSource: row.icon ?? "",
    location: row.location ?? "",
    arch: row.arch ?? "",
    arches: row.arch ? [row.arch] : [],
    size: row.size && size > 0 ? size : null,
    categories: differing(row.categories ?? []),
    fits: fits(row.arch, host),
    installed: row.installed,
    official: row.is_official === true,
    trusted: row.is_trusted === true,
    stars: row.star_count ?? null,
    pulls: row.pull_count ?? null,
  };
}

/** What somebody typed as a reference; nothing is known of it but its name. */
export function offerOfReference(reference: Reference, host: string): Offer {
  const row: Found = {
    name: reference.name,
    type: "docker",
    from: "dockerhub",
    description: "",
    location: "",
    icon_url: "",
    installed: false,
    downloading: false,
  };
  return { ...offerOf(row, host), key: `reference ${written(reference)}`, tag: reference.tag };
}

/** One offer for all rows of an image, which differ by architecture; those that fit this host first. */
export function arranged(offers: readonly Offer[]): Offer[] {
  const merged = new Map<string, Offer>();
  for (const offer of offers) {
    const known = merged.get(offer.key);
    merged.set(offer.key, known ? joined(known, offer) : offer);
  }
  const all = [...merged.values()];
  return [...all.filter((offer) => offer.fits), ...all.filter((offer) => !offer.fits)];
}

/** The row that fits speaks for both. */
function joined(one: Offer, other: Offer): Offer {
  const [first, second] = !one.fits && other.fits ? [other, one] : [one, other];
  return {
    ...first,
    arches: [...new Set([...first.arches, ...second.arches])],
    categories: differing([...first.categories, ...second.categories]),
    installed: one.installed || other.installed,
  };
}

function differing(categories: readonly string[]): string[] {
  const keys = categories.map(categoryKey);
  return categories.filter((_, i) => keys[i] !== "" && keys.indexOf(keys[i] ?? "") === i);
}

/** Equal categories of several catalogs are one: `smart-home`, `Smart Home`. Empty for one without a letter. */
export function categoryKey(category: string): string {
  return category.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "");
}

/** `Smart home` of `smart-home`. */
export function categoryName(category: string): string {
  const words = oneLine(category.replace(/[-_]+/g, " "), 40);
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export interface Category {
  key: string;
  name: string;
}

/** The categories that have an image, by how many they have; named as the first image names them. */
export function categoriesOf(offers: readonly Offer[]): Category[] {
  const found = new Map<string, Category & { many: number }>();
  for (const offer of offers) {
    for (const category of offer.categories) {
      const key = categoryKey(category);
      if (key === "") continue;
      const known = found.get(key);
      if (known) known.many += 1;
      else found.set(key, { key, name: categoryName(category), many: 1 });
    }
  }
  return [...found.values()]
    .sort((a, b) => b.many - a.many || a.key.localeCompare(b.key, "en"))
    .map(({ key, name }) => ({ key, name }));
}

export type Order = "recommended" | "popular" | "name";

/** What a depot has figures for: catalogs have an order of their own, Docker Hub counts pulls. The first is the usual. */
export function ordersOf(from: DepotName): Order[] {
  return from === "official" ? ["popular", "name"] : ["recommended", "name"];
}

/** Those that fit this host first, as before; `recommended` is the order that they came in. */
export function ordered(offers: readonly Offer[], by: Order): Offer[] {
  if (by === "recommended") return [...offers];
  return [...offers].sort(
    (a, b) =>
      Number(b.fits) - Number(a.fits) ||
      (by === "popular" ? (b.pulls ?? -1) - (a.pulls ?? -1) : 0) ||
      a.title.localeCompare(b.title, undefined, { sensitivity: "base", numeric: true }),
  );
}

/** Those of one category, by its key, and type; null for any. */
export function narrowed(offers: readonly Offer[], category: string | null, type: ImageType | null): Offer[] {
  return offers.filter(
    (offer) =>
      (category === null || offer.categories.some((one) => categoryKey(one) === category)) &&
      (type === null || offer.type === type),
  );
}

/** What a download is asked with, but for the tag and the platform. */
export function wantedOf(offer: Offer) {
  const { from, type, name } = offer;
  return {
    from,
    type,
    name,
    description: oneLine(offer.description, 2000),
    icon: offer.iconSource,
    location: offer.location,
  };
}
