import { describe, expect, it } from "vitest";
import { ordered } from "./sessions";

const session = (id: string, username: string, login: string, current = false) => ({
  id,
  username,
  login,
  expires: "2026-03-02T00:00:00Z",
  current,
});

describe("ordered", () => {
  it("puts this session first, one's own before those of others, the latest login first", () => {
    const sessions = [
      session("late", "bob", "2026-03-01T12:00:00Z"),
      session("old", "ada", "2026-03-01T08:00:00Z"),
      session("here", "ada", "2026-03-01T07:00:00Z", true),
      session("new", "ada", "2026-03-01T09:00:00Z"),
      session("early", "bob", "2026-03-01T06:00:00Z"),
    ];
    expect(ordered(sessions, "ada").map((each) => each.id)).toEqual(["here", "new", "old", "late", "early"]);
  });
  it("leaves the list that it was given as it is", () => {
    const sessions = [session("a", "bob", "2026-03-01T06:00:00Z"), session("b", "ada", "2026-03-01T06:00:00Z")];
    ordered(sessions, "ada");
    expect(sessions.map((each) => each.id)).toEqual(["a", "b"]);
  });
});
