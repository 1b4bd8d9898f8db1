import { expect, it } from "vitest";
import type { Download, DownloadStatus } from "../api/schema";
import { Announcer } from "./announce";
import type { Connection } from "./store";

const row = (id: number, status: DownloadStatus) => ({ id: `${id}`, status }) as Download;
const live = (...downloads: Download[]) => ({ connection: "live" as Connection, downloads });
const ids = (rows: Download[]) => rows.map((one) => one.id);

it("tells of an end once, and not of what had ended before", () => {
  const announcer = new Announcer();
  expect(announcer.look({ connection: "connecting", downloads: [] })).toEqual([]);
  expect(announcer.look(live(row(1, "downloading"), row(2, "done")))).toEqual([]);
  expect(ids(announcer.look(live(row(1, "done"), row(2, "done"))))).toEqual(["1"]);
  expect(announcer.look(live(row(1, "done")))).toEqual([]);
});

it("tells of what was over before it could be seen to run", () => {
  const announcer = new Announcer();
  announcer.look(live());
  expect(ids(announcer.look(live(row(1, "done"), row(2, "failed"))))).toEqual(["1", "2"]);
});

it("tells of what ended while the service was out of reach", () => {
  const announcer = new Announcer();
  announcer.look(live(row(1, "downloading")));
  announcer.look({ connection: "lost", downloads: [row(1, "downloading")] });
  expect(ids(announcer.look(live(row(1, "failed"))))).toEqual(["1"]);
});

it("keeps quiet about what somebody cancelled", () => {
  const announcer = new Announcer();
  announcer.look(live(row(1, "waiting")));
  expect(announcer.look(live(row(1, "cancelled")))).toEqual([]);
});
