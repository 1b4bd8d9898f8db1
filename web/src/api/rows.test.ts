import { describe, expect, it } from "vitest";
import { type Listing, type Local, localByName } from "./rows";

const list = (names: string[]) =>
  ({ results: names.map((name) => ({ type: "docker", name })) }) as unknown as Listing<Local>;

describe("localByName", () => {
  it("is made once for a list, and anew for another one", () => {
    const first = list(["a", "b"]);
    expect(localByName(first)).toBe(localByName(first));
    expect(localByName(first).get("docker/b")?.name).toBe("b");
    expect(localByName(list(["b"])).has("docker/a")).toBe(false);
  });
});
