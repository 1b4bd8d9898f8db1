/**
 * What is known of downloads: fed by the one event stream, read by every page. Events come up to four times a second
 * and download; readers hear of them in batches.
 */

import type { Download, ImageType } from "../api/schema";
import { written } from "../format/reference";

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

export class DownloadStore {
  private rows = new Map<string, Download>();
  private speeds = new Map<string, { at: number; samples: Speeds }>();
  private connection: Connection = "connecting";
  private picture: Picture = { connection: "connecting", downloads: [] };
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

  forget(id: Download["id"]): void {
    this.rows.delete(String(id));
    this.speeds.delete(String(id));
    this.flush();
  }

  connected(connection: Connection): void {
    if (this.connection === connection) return;
    this.connection = connection;
    this.flush();
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
    const downloads = [...this.rows.values()].sort(newestFirst);
    this.picture = { connection: this.connection, downloads };
    for (const reader of this.readers) reader();
  }
}

function newestFirst(a: Download, b: Download): number {
  return b.created.localeCompare(a.created) || String(b.id).localeCompare(String(a.id), "en", { numeric: true });
}
