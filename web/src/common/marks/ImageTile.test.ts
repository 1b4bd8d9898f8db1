import { describe, expect, it } from "vitest";
import { letters } from "./ImageTile";

describe("letters", () => {
  it.each([
    ["Vaultwarden", "VA"],
    ["Home Assistant", "HA"],
    ["vaultwarden/server", "VA"],
    ["alpine/3.22", "AL"],
    ["ghcr.io/home-assistant/home-assistant", "HA"],
    ["registry.lan:5000/team/app", "TE"],
    ["42", "42"],
    ["", "?"],
  ])("%s", (name, shown) => {
    expect(letters(name)).toBe(shown);
  });
});
