import { describe, expect, it } from "vitest";
import type { Setting } from "../../api/schema";
import { controlOf, grouped } from "./groups";

const setting = (name: string, more: Partial<Setting> = {}): Setting => ({
  name,
  value: "",
  default: "",
  source: "default",
  read_only: false,
  restart: false,
  meaning: "",
  lowest: null,
  highest: null,
  ...more,
});

describe("settings by group", () => {
  it("keeps what the environment locks beside its neighbours", () => {
    const locked = setting("IMAGEDEPOT_BANDWIDTH", { read_only: true, source: "environment" });
    expect(grouped([locked])).toEqual([["downloads", [locked]]]);
  });

  it("puts what is read at start only at the end, and leaves out what has a section of its own", () => {
    const listen = setting("IMAGEDEPOT_LISTEN", { read_only: true });
    const level = setting("IMAGEDEPOT_LOG_LEVEL");
    expect(grouped([listen, setting("IMAGEDEPOT_DOCKER"), level])).toEqual([
      ["service", [level]],
      ["start", [listen]],
    ]);
  });

  it("shows a setting that it has never heard of", () => {
    const unknown = setting("IMAGEDEPOT_NEW");
    expect(grouped([unknown])).toEqual([["service", [unknown]]]);
  });
});

describe("how a setting is changed", () => {
  it.each([
    ["IMAGEDEPOT_KEEP_BLOBS", "no", "switch"],
    ["IMAGEDEPOT_LOG_LEVEL", "info", "level"],
    ["IMAGEDEPOT_BANDWIDTH", "", "text"],
  ])("%s", (name, standard, control) => {
    expect(controlOf(setting(name, { default: standard }))).toBe(control);
  });

  it("is a number wherever the service gives bounds", () => {
    expect(controlOf(setting("IMAGEDEPOT_NEW", { default: "3", lowest: 1, highest: 9 }))).toBe("number");
  });
});
