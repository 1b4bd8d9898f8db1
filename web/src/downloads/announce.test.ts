import { expect, it } from "vitest";
import type { Download, DownloadStatus } from "../api/types";
import { Announcer } from "./announce";

const row = (id: number, status: DownloadStatus) => ({ id, status }) as Download;

it("tells of an end once, and only of downloads that it saw running", () => {
  const announcer = new Announcer();
  expect(announcer.look([row(1, "downloading"), row(2, "done")])).toEqual([]);
  expect(announcer.look([row(1, "done"), row(2, "done")]).map((one) => one.id)).toEqual([1]);
  expect(announcer.look([row(1, "done")])).toEqual([]);
});

it("keeps quiet about what somebody cancelled", () => {
  const announcer = new Announcer();
  announcer.look([row(1, "waiting")]);
  expect(announcer.look([row(1, "cancelled")])).toEqual([]);
});
