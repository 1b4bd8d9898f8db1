import { expect, it } from "vitest";
import { inTurn } from "./turns";

it("runs two at a time, in order, and goes on after a failure", async () => {
  const begun: number[] = [];
  const ends: (() => void)[] = [];
  const job = (n: number) =>
    inTurn(() => {
      begun.push(n);
      return new Promise<number>((done, fail) => ends.push(() => (n === 1 ? fail(new Error("no")) : done(n))));
    });
  const jobs = [job(0), job(1), job(2), job(3)];
  const outcome = Promise.allSettled(jobs);
  expect(begun).toEqual([0, 1]);
  ends[1]?.();
  await expect(jobs[1]).rejects.toThrow("no");
  expect(begun).toEqual([0, 1, 2]);
  ends[0]?.();
  await jobs[0];
  expect(begun).toEqual([0, 1, 2, 3]);
  ends[2]?.();
  ends[3]?.();
  expect((await outcome).map((one) => one.status)).toEqual(["fulfilled", "rejected", "fulfilled", "fulfilled"]);
});

it("does not begin what nobody waits for any more", async () => {
  const gone = new AbortController();
  gone.abort();
  await expect(inTurn(async () => "work", gone.signal)).rejects.toThrow();
});
