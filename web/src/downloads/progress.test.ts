import { describe, expect, it } from "vitest";
import type { Download } from "../api/schema";
import { howFar, overall } from "./progress";

const ROW: Download = {
  id: "1",
  name: "redis",
  tag: "7",
  type: "docker",
  from: "dockerhub",
  status: "downloading",
  percent: 40,
  bytes: 40,
  total: 100,
  rate: 1,
  eta: 60,
  error: null,
  reason: null,
  created: "2026-01-01T00:00:00Z",
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
};

describe("how far a download is", () => {
  it("is what the service says", () => {
    expect(howFar(ROW)).toBe(40);
  });

  it("is not known before the total is", () => {
    expect(howFar({ ...ROW, percent: null })).toBeNull();
  });

  it("is nothing while it waits, or what an earlier attempt left", () => {
    expect(howFar({ ...ROW, status: "waiting", percent: null })).toBe(0);
    expect(howFar({ ...ROW, status: "waiting", percent: 30 })).toBe(30);
  });

  it("is what an engine has taken of what it is to take", () => {
    const installing: Download = {
      ...ROW,
      status: "installing",
      percent: 100,
      installed_bytes: 50,
      install_total: 200,
    };
    expect(howFar(installing)).toBe(25);
    expect(howFar({ ...installing, installed_bytes: null })).toBe(0);
  });
});

describe("how far all downloads are together", () => {
  it("goes by their bytes", () => {
    expect(overall([ROW, { ...ROW, bytes: 260, total: 900 }])).toBe(30);
  });
  it("leaves out those of unknown size, and is nothing for none", () => {
    expect(overall([ROW, { ...ROW, total: null }])).toBe(40);
    expect(overall([{ ...ROW, total: null }])).toBeNull();
    expect(overall([])).toBeNull();
  });
});
