/**
 * What is known of downloads: fed by the one event stream, read by every page. Events come up to four times a second
 * and download; readers hear of them in batches.
 */

import type { Download, DownloadLayer, ImageType } from "../api/schema";
import { written } from "../format/names/reference";

export type Connection = "connecting" | "live" | "lost";

export interface Picture {
  connection: Connection;
  /** Newest first. */
  downloads: readonly Download[];
}

/** Speed in bytes per second, one number a sample, oldest first. */
export type Speeds = readonly number[];

const ENDED: ReadonlySet<string> = new Set(["done", "failed", "cancelled"]);
const SAMPLES = 60;
const SAMPLE_EVERY = 900;
const NOTHING: Speeds = [];

/** Bytes a second of all of them; null while none is known. */
export function speedOf(rows: readonly Download[]): number | null {
  const known = rows.filter((row) => row.rate !== null);
  return known.length > 0 ? known.reduce((sum, row) => sum + (row.rate ?? 0), 0) : null;
}

export function ended(download: Download): boolean {
  return ENDED.has(download.status);
}

/** A tag that was here and up to date: asked for, and nothing was fetched. */
export function wasCheck(download: Download): boolean {
  return download.status === "done" && download.total === null;
}

/** `redis:7`; an LXC image has no tag to speak of. */
export function shownName({ type, name, tag }: Pick<Download, "type" | "name" | "tag">): string {
  return type === "lxc" ? name : written({ name, tag });
}

/** The key by which a row of a list finds its download. */
export function imageKey(type: ImageType, name: string, tag: string): string {
  return `${type}/${type === "lxc" ? name : `${name}:${tag}`}`;
}

/** The key of all images of a repository. */
export function repositoryKey(type: ImageType, name: string): string {
  return `${type}/${name}/`;
}

/** What changed of a row: its id, its keys that changed, and layers by their place. */
export type Change = Omit<Partial<Download>, "id" | "layers"> & {
  id: string;
  layers?: ({ index: number } & Partial<DownloadLayer>)[];
};

export class DownloadStore {
  private rows = new Map<string, Download>();
  private speeds = new Map<string, { at: number; samples: Speeds }>();
  private connection: Connection = "connecting";
  private picture: Picture = { connection: "connecting", downloads: [] };
  private active: readonly Download[] = [];
  private byImage: ReadonlyMap<string, Download> = new Map();
  /** Ids of rows that are cleared from the list, as long as that can be undone. */
  private hidden = new Set<string>();
  private readers = new Set<() => void>();
  private flushing = false;

  constructor(
    /** Calls `flush` in a moment. */
    private readonly soon: (flush: () => void) => void = (flush) => setTimeout(flush, 200),
    private readonly now: () => number = Date.now,
  ) {}

  subscribe = (reader: () => void): (() => void) => {
    this.readers.add(reader);
    return () => this.readers.delete(reader);
  };

  read = (): Picture => this.picture;

  /** Those under way, in order of asking; the same list until one of them changes. */
  running = (): readonly Download[] => this.active;

  isUnderWay = (id: Download["id"]): boolean => this.active.some((row) => row.id === id);

  /** The running download of a `imageKey` or `repositoryKey`. */
  ofImage = (key: string): Download | undefined => this.byImage.get(key);

  speedsOf(id: Download["id"]): Speeds {
    return this.speeds.get(String(id))?.samples ?? NOTHING;
  }

  /** The state of the world after a (re)connect: what is not in it is gone. */
  replace(downloads: readonly Download[]): void {
    this.rows = new Map(downloads.map((row) => [String(row.id), row]));
    for (const id of this.speeds.keys()) if (!this.rows.has(id)) this.speeds.delete(id);
    this.connection = "live";
    this.flush();
  }

  update(download: Download): void {
    const id = String(download.id);
    this.rows.set(id, download);
    if (ended(download)) this.speeds.delete(id);
    else if (download.status === "downloading") this.sample(id, download.rate ?? 0);
    this.changed();
  }

  /** Puts a change into the row that it is of. */
  change({ id, layers, ...more }: Change): void {
    const before = this.rows.get(id);
    if (!before) return;
    this.update({ ...before, ...more, layers: layers ? patched(before.layers, layers) : before.layers });
  }

  forget(id: Download["id"]): void {
    this.forgetAll([id]);
  }

  forgetAll(ids: readonly Download["id"][]): void {
    for (const id of ids.map(String)) {
      this.rows.delete(id);
      this.speeds.delete(id);
      this.hidden.delete(id);
    }
    this.flush();
  }

  /** Leaves these out of the list, while nothing is forgotten yet. */
  hide(ids: readonly Download["id"][]): void {
    for (const id of ids) this.hidden.add(String(id));
    this.flush();
  }

  show(ids: readonly Download["id"][]): void {
    for (const id of ids) this.hidden.delete(String(id));
    this.flush();
  }

  connected(connection: Connection): void {
    if (this.connection === connection) return;
    this.connection = connection;
    if (connection === "lost") this.still();
    this.flush();
  }

  /** Nobody knows how fast anything is while nothing is heard: a speed that stands still would be a lie. */
  private still(): void {
    this.speeds.clear();
    for (const [id, row] of this.rows) {
      if (!ended(row)) this.rows.set(id, { ...row, rate: null, eta: null });
    }
  }

  private sample(id: string, speed: number): void {
    const known = this.speeds.get(id);
    const at = this.now();
    if (known && at - known.at < SAMPLE_EVERY) return;
    this.speeds.set(id, { at, samples: [...(known?.samples ?? []), speed].slice(-SAMPLES) });
  }

  private changed(): void {
    if (this.flushing) return;
    this.flushing = true;
    this.soon(() => {
      if (this.flushing) this.flush();
    });
  }

  private flush(): void {
    this.flushing = false;
    const all = [...this.rows.values()].filter((row) => !(this.hidden.has(String(row.id)) && ended(row)));
    const downloads = all.sort(newestFirst);
    this.picture = { connection: this.connection, downloads };
    const active = downloads.filter((row) => !ended(row)).reverse();
    if (active.length !== this.active.length || active.some((row, i) => row !== this.active[i])) {
      this.active = active;
      const byImage = new Map<string, Download>();
      for (const row of active) {
        byImage.set(imageKey(row.type, row.name, row.tag), row);
        const repository = repositoryKey(row.type, row.name);
        if (!byImage.has(repository)) byImage.set(repository, row);
      }
      this.byImage = byImage;
    }
    for (const reader of this.readers) reader();
  }
}

/** Layers that did not change stay the same objects. */
function patched(layers: readonly DownloadLayer[], changes: NonNullable<Change["layers"]>): DownloadLayer[] {
  const after = [...layers];
  for (const { index, ...more } of changes) {
    const layer = after[index];
    if (layer) after[index] = { ...layer, ...more };
  }
  return after;
}

/** Times are of one format, so that their text is their order. */
function newestFirst(a: Download, b: Download): number {
  if (a.created !== b.created) return a.created < b.created ? 1 : -1;
  return Number(b.id) - Number(a.id);
}
