import { expect, it } from "vitest";
import type { Download } from "../api/schema";
import { sectionsOf } from "./sections";

let ids = 0;
const row = (more: Partial<Download>) =>
  ({ id: `${++ids}`, created: "2026-11-23T20:00:00Z", turn: null, queued: false, ended: null, ...more }) as Download;
const names = (rows: readonly Download[]) => rows.map(({ name }) => name);

it("tells those that wait for their turn from those that wait for their network", () => {
  const { running, waiting } = sectionsOf([
    row({ name: "offline", status: "waiting" }),
    row({ name: "queued", status: "waiting", queued: true }),
  ]);
  expect(names(running)).toEqual(["offline"]);
  expect(names(waiting)).toEqual(["queued"]);
});

it("lines up what was moved by its turn, and the rest behind in order of asking", () => {
  const waits = (name: string, more: Partial<Download>) => row({ name, status: "waiting", queued: true, ...more });
  const { waiting } = sectionsOf([
    waits("last", { created: "2026-11-23T20:00:09Z" }),
    waits("third", { created: "2026-11-23T20:00:01Z" }),
    waits("second", { turn: 4 }),
    waits("first", { turn: 0, created: "2026-11-23T20:00:08Z" }),
  ]);
  expect(names(waiting)).toEqual(["first", "second", "third", "last"]);
});

it("shows what ended by the time of its end, failures apart", () => {
  const { failed, finished } = sectionsOf([
    row({ name: "old", status: "done", ended: "2026-11-23T20:00:01Z" }),
    row({ name: "broken", status: "failed", ended: "2026-11-23T20:00:05Z" }),
    row({ name: "new", status: "cancelled", ended: "2026-11-23T20:00:09Z" }),
  ]);
  expect(names(finished)).toEqual(["new", "old"]);
  expect(names(failed)).toEqual(["broken"]);
});
