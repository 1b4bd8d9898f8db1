/** Keeps one event stream open for the whole application, and opens it again when it breaks. */

import type { Download } from "../api/schema";
import { cleaned } from "../format/clean";
import type { Change, DownloadStore } from "./store";

/** What this module needs of the browser's EventSource. */
export interface Source {
  addEventListener(kind: string, listener: (event: { data?: unknown }) => void): void;
  close(): void;
}

export interface Listeners {
  /** The list of local images changed. */
  images: () => void;
  /** What is being fetched for the clients of the mirror changed. */
  mirror: () => void;
  /** The stream is back after it was lost. */
  back: () => void;
  /** The stream broke: find out whether the session or the service is gone. */
  broke: () => void;
}

const FIRST_WAIT = 1000;
const LONGEST_WAIT = 8000;

export class Stream {
  private source: Source | null = null;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private wait = FIRST_WAIT;
  private lost = false;

  constructor(
    private readonly store: DownloadStore,
    private readonly open: () => Source,
    private readonly listeners: Listeners,
    // Not the bare `setTimeout`: browsers call it on nothing but the window.
    private readonly after: (callback: () => void, wait: number) => ReturnType<typeof setTimeout> = (callback, wait) =>
      setTimeout(callback, wait),
  ) {}

  start(): void {
    this.stop();
    const source = this.open();
    this.source = source;
    source.addEventListener("snapshot", (event) => {
      const rows = parsed<Download[]>(event.data);
      if (!Array.isArray(rows)) return;
      this.wait = FIRST_WAIT;
      this.store.replace(rows);
      if (this.lost) this.listeners.back();
      this.lost = false;
    });
    source.addEventListener("download", (event) => {
      const row = parsed<Download>(event.data);
      if (row) this.store.update(row);
    });
    source.addEventListener("change", (event) => {
      const change = parsed<Change>(event.data);
      if (change) this.store.change(change);
    });
    source.addEventListener("images", () => this.listeners.images());
    source.addEventListener("mirror", () => this.listeners.mirror());
    source.addEventListener("error", () => {
      if (this.source === source) this.again();
    });
  }

  stop(): void {
    this.source?.close();
    this.source = null;
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }

  /** Something else saw that the service does not answer, or that the network is back: try now. */
  retry(): void {
    this.wait = FIRST_WAIT;
    this.start();
  }

  private again(): void {
    this.stop();
    if (!this.lost) this.listeners.broke();
    this.lost = true;
    this.store.connected("lost");
    this.timer = this.after(() => this.start(), this.wait);
    this.wait = Math.min(this.wait * 2, LONGEST_WAIT);
  }
}

function parsed<T>(data: unknown): T | null {
  if (typeof data !== "string") return null;
  try {
    return cleaned(JSON.parse(data) as T);
  } catch {
    return null;
  }
}
