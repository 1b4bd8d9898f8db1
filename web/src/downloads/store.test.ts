import { describe, expect, it, vi } from "vitest";
import type { Download } from "../api/schema";
import { DownloadStore, imageKey, speedOf } from "./store";

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
    queued: false,
    turn: null,
    login: "",
    missing: null,
    offered: [],
    retry_at: null,
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
  it("knows no speed of what runs while the service is lost", () => {
    const { store } = set();
    store.replace([row(1, { rate: 70 }), row(2, { status: "done", rate: 50 })]);
    expect(speedOf(store.running())).toBe(70);
    store.connected("lost");
    expect(store.running()[0]).toMatchObject({ rate: null, eta: null, bytes: 0 });
    expect(speedOf(store.running())).toBeNull();
    expect(store.speedsOf("1")).toEqual([]);
  });
  it("knows what is under way, and what has ended meanwhile", () => {
    const { store, flushes } = set();
    store.replace([row(1), row(2)]);
    store.update(row(1, { status: "done" }));
    for (const flush of flushes) flush();
    expect(["1", "2", "3"].map((id) => store.isUnderWay(id))).toEqual([false, true, false]);
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

describe("what a reader is told", () => {
  it("is the same object while other images move", () => {
    const { store, flushes } = set();
    store.replace([row(1), row(2)]);
    const [one, running] = [store.ofImage("docker/image-1:latest"), store.running()];
    store.update(row(2, { percent: 50 }));
    flushes[0]?.();
    expect(store.ofImage("docker/image-1:latest")).toBe(one);
    expect(store.ofImage("docker/image-2:latest")?.percent).toBe(50);
    expect(store.ofImage("docker/image-2/")?.percent).toBe(50);
    expect(store.running()).not.toBe(running);
  });
  it("is the same list of running ones while only ended ones change", () => {
    const { store } = set();
    store.replace([row(1), row(2, { status: "done" })]);
    const running = store.running();
    store.forget("2");
    expect(store.running()).toBe(running);
  });
  it("ends with the download", () => {
    const { store, flushes } = set();
    store.replace([row(1)]);
    store.update(row(1, { status: "done" }));
    flushes[0]?.();
    expect(store.ofImage("docker/image-1:latest")).toBeUndefined();
  });
});

describe("a change", () => {
  const layer = (digest: string, bytes: number) => ({ digest, size: 100, bytes, status: "downloading" as const });
  it("leaves what it does not name, layers included", () => {
    const { store, flushes } = set();
    store.replace([row(1, { layers: [layer("a", 0), layer("b", 0)] })]);
    const before = store.read().downloads[0];
    store.change({ id: "1", bytes: 40, layers: [{ index: 1, bytes: 40 }] });
    flushes[0]?.();
    const after = store.read().downloads[0];
    expect(after).toEqual({ ...before, bytes: 40, layers: [layer("a", 0), layer("b", 40)] });
    expect(after?.layers[0]).toBe(before?.layers[0]);
  });
  it("of a row that is not known, or of a layer that is not there, changes nothing", () => {
    const { store, flushes } = set();
    store.change({ id: "9", bytes: 1 });
    expect(store.read().downloads).toEqual([]);
    store.replace([row(1)]);
    store.change({ id: "1", layers: [{ index: 7, bytes: 1 }] });
    flushes[0]?.();
    expect(store.read().downloads[0]?.layers).toEqual([]);
  });
});
