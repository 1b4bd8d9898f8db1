/** A found image as a card shows it. */

import type { Found } from "../../api/rows";
import type { DepotName, ImageType } from "../../api/schema";
import { oneLine } from "../../format/clean";
import { fits } from "../../format/platform";
import { type Reference, split, written } from "../../format/reference";

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
    categories: row.categories ?? [],
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
    categories: [...new Set([...first.categories, ...second.categories])],
    installed: one.installed || other.installed,
  };
}

/** `Smart home` of `smart-home`. */
export function categoryName(category: string): string {
  const words = oneLine(category.replace(/[-_]+/g, " "), 40);
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Categories by how many images they have. */
export function categoriesOf(offers: readonly Offer[]): string[] {
  const counts = new Map<string, number>();
  for (const offer of offers) for (const one of offer.categories) counts.set(one, (counts.get(one) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0], "en")).map(([category]) => category);
}

/** Those of one category and type; null for any. */
export function narrowed(offers: readonly Offer[], category: string | null, type: ImageType | null): Offer[] {
  return offers.filter(
    (offer) => (category === null || offer.categories.includes(category)) && (type === null || offer.type === type),
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
