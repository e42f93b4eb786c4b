import { describe, expect, it } from "vitest";
import { PartMissing, persistently } from "./persistently";

/** A server that is away for so many looks, and a loader that fails until `good` tries. */
function surroundings(away: number) {
  const waits: number[] = [];
  let looks = 0;
  let styles = 0;
  return {
    waits,
    styled: () => styles,
    wait: async (milliseconds: number) => void waits.push(milliseconds),
    answers: async () => ++looks > away,
    restyle: async () => void styles++,
  };
}

function failing(times: number) {
  let tries = 0;
  const load = async () => {
    tries += 1;
    if (tries <= times) throw new TypeError("Failed to fetch dynamically imported module");
    return "part";
  };
  return { load, tries: () => tries };
}

describe("persistently", () => {
  it("answers at once what loads at once", async () => {
    const around = surroundings(0);
    expect(await persistently(async () => 7, around)).toBe(7);
    expect(around.waits).toEqual([]);
  });

  it("waits for a server that is away, however long, with growing pauses", async () => {
    const around = surroundings(20);
    const { load, tries } = failing(20);
    expect(await persistently(load, around)).toBe("part");
    expect(tries()).toBe(21);
    expect(around.waits.slice(0, 5)).toEqual([500, 1_000, 2_000, 4_000, 5_000]);
    expect(Math.max(...around.waits)).toBe(5_000);
  });

  it("gives up on a part that a server which answers does not have", async () => {
    const around = surroundings(0);
    const { load, tries } = failing(Number.POSITIVE_INFINITY);
    const failure = await persistently(load, around).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(PartMissing);
    expect(String((failure as Error).cause)).toContain("Failed to fetch");
    expect(tries()).toBe(3);
  });

  it("counts only refusals, not the tries while the server restarts", async () => {
    const around = surroundings(4);
    const { load, tries } = failing(Number.POSITIVE_INFINITY);
    await expect(persistently(load, around)).rejects.toBeInstanceOf(PartMissing);
    expect(tries()).toBe(4 + 3);
  });

  it("has styles that did not arrive fetched again, and does without the part where they cannot be", async () => {
    const good = surroundings(0);
    await persistently(failing(1).load, good);
    expect(good.styled()).toBe(1);
    const unstyled = { ...surroundings(0), restyle: () => Promise.reject(new Error("no style")) };
    await expect(persistently(async () => 7, unstyled)).rejects.toBeInstanceOf(PartMissing);
  });
});
