import { describe, expect, it, vi } from "vitest";
import type { Download } from "../api/schema";
import { DownloadStore, imageKey } from "./store";

function row(id: number, more: Partial<Download> = {}): Download {
  return {
    id: `${id}`,
    name: `image-${id}`,
    tag: "latest",
    type: "docker",
    from: "dockerhub",
    status: "downloading",
    percent: 0,
    bytes: 0,
    total: 100,
    rate: 10,
    eta: 10,
    error: null,
    reason: null,
    created: `2026-11-23T20:00:0${id}Z`,
    ended: null,
    layers: [],
    installed_bytes: null,
    install_total: null,
    waiting_since: null,
    warning: null,
    platform: null,
    ...more,
  };
}

function set() {
  const clock = { time: 0 };
  const flushes: (() => void)[] = [];
  const store = new DownloadStore(
    (flush) => flushes.push(flush),
    () => clock.time,
  );
  return { clock, flushes, store };
}

describe("DownloadStore", () => {
  it("is connecting before it hears anything", () => {
    expect(set().store.read()).toEqual({ connection: "connecting", downloads: [] });
  });
  it("shows a snapshot at once, newest first, and drops what is not in it", () => {
    const { store } = set();
    store.replace([row(1), row(3)]);
    store.replace([row(1), row(2)]);
    expect(store.read().connection).toBe("live");
    expect(store.read().downloads.map((d) => d.id)).toEqual(["2", "1"]);
  });
  it("tells its readers once for many events", () => {
    const { store, flushes } = set();
    store.replace([row(1)]);
    const reader = vi.fn();
    store.subscribe(reader);
    for (let percent = 1; percent <= 50; percent++) store.update(row(1, { percent }));
    expect(reader).not.toHaveBeenCalled();
    expect(flushes).toHaveLength(1);
    flushes[0]?.();
    expect(reader).toHaveBeenCalledTimes(1);
    expect(store.read().downloads[0]?.percent).toBe(50);
  });
  it("keeps the row objects of downloads that did not change", () => {
    const { store, flushes } = set();
    store.replace([row(1), row(2)]);
    const before = store.read().downloads[0];
    store.update(row(1, { percent: 7 }));
    flushes[0]?.();
    expect(store.read().downloads[0]).toBe(before);
  });
  it("samples the speed about once a second and forgets it at the end", () => {
    const { store, clock } = set();
    for (const time of [0, 250, 500, 1000, 2000]) {
      clock.time = time;
      store.update(row(1, { rate: time }));
    }
    expect(store.speedsOf("1")).toEqual([0, 1000, 2000]);
    store.update(row(1, { status: "done" }));
    expect(store.speedsOf("1")).toEqual([]);
  });
  it("keeps sixty samples", () => {
    const { store, clock } = set();
    for (let second = 0; second < 90; second++) {
      clock.time = second * 1000;
      store.update(row(1, { rate: second }));
    }
    expect(store.speedsOf("1")).toHaveLength(60);
    expect(store.speedsOf("1")[59]).toBe(89);
  });
  it("says that the stream is lost, and keeps what it knew", () => {
    const { store } = set();
    store.replace([row(1)]);
    store.connected("lost");
    expect(store.read().connection).toBe("lost");
    expect(store.read().downloads).toHaveLength(1);
  });
});

describe("imageKey", () => {
  it("ignores the tag of an LXC image", () => {
    expect(imageKey("lxc", "debian", "a")).toBe(imageKey("lxc", "debian", "b"));
    expect(imageKey("docker", "debian", "a")).not.toBe(imageKey("docker", "debian", "b"));
  });
});
