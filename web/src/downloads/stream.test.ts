import { describe, expect, it, vi } from "vitest";
import { DownloadStore } from "./store";
import { type Source, Stream } from "./stream";

class FakeSource implements Source {
  closed = false;
  private listeners = new Map<string, (event: { data?: unknown }) => void>();
  addEventListener(kind: string, listener: (event: { data?: unknown }) => void) {
    this.listeners.set(kind, listener);
  }
  close() {
    this.closed = true;
  }
  say(kind: string, data?: unknown) {
    this.listeners.get(kind)?.({ data: data === undefined ? undefined : JSON.stringify(data) });
  }
  sayRaw(kind: string, data: string) {
    this.listeners.get(kind)?.({ data });
  }
}

const ROW = { id: 1, name: "a\u202e", tag: "latest", status: "downloading", created: "2026-11-23T20:00:00Z", rate: 1 };

function set() {
  const sources: FakeSource[] = [];
  const waits: number[] = [];
  let later: () => void = () => {};
  const listeners = { images: vi.fn(), mirror: vi.fn(), back: vi.fn(), broke: vi.fn() };
  const store = new DownloadStore((flush) => flush());
  const open = () => {
    const source = new FakeSource();
    sources.push(source);
    return source;
  };
  const stream = new Stream(store, open, listeners, (callback, wait) => {
    later = callback;
    waits.push(wait);
    return 0 as unknown as ReturnType<typeof setTimeout>;
  });
  stream.start();
  const last = () => sources[sources.length - 1] as FakeSource;
  return { sources, waits, listeners, store, stream, last, later: () => later() };
}

describe("Stream", () => {
  it("feeds the store, with cleaned text", () => {
    const { last, store } = set();
    last().say("snapshot", []);
    last().say("download", ROW);
    expect(store.read().downloads[0]?.name).toBe("a");
  });
  it("is not troubled by broken data", () => {
    const { last, store } = set();
    last().sayRaw("snapshot", "{");
    last().sayRaw("download", "nonsense");
    last().say("snapshot", { not: "a list" });
    expect(store.read().connection).toBe("connecting");
  });
  it("passes on that the local list changed", () => {
    const { last, listeners } = set();
    last().say("images", {});
    expect(listeners.images).toHaveBeenCalledTimes(1);
  });
  it("passes on that the mirror fetches", () => {
    const { last, listeners } = set();
    last().say("mirror", {});
    expect(listeners.mirror).toHaveBeenCalledTimes(1);
  });
  it("reconnects with growing waits, and tells once that it broke and once that it is back", () => {
    const { last, listeners, store, waits, later, sources } = set();
    last().say("snapshot", []);
    for (let attempt = 0; attempt < 5; attempt++) {
      last().say("error");
      later();
    }
    expect(waits).toEqual([1000, 2000, 4000, 8000, 8000]);
    expect(store.read().connection).toBe("lost");
    expect(listeners.broke).toHaveBeenCalledTimes(1);
    expect(listeners.back).not.toHaveBeenCalled();
    last().say("snapshot", []);
    expect(store.read().connection).toBe("live");
    expect(listeners.back).toHaveBeenCalledTimes(1);
    expect(sources.slice(0, -1).every((source) => source.closed)).toBe(true);
  });
  it("ignores the last words of a source that it closed", () => {
    const { sources, stream, waits } = set();
    stream.retry();
    sources[0]?.say("error");
    expect(waits).toEqual([]);
  });
});
