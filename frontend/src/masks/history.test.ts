import { describe, expect, it } from "vitest";
import { changeOf, goesOn } from "./history";

describe("the history of a view", () => {
  it("has an entry for each thing done, not for each step of it", () => {
    const moved = changeOf({ round: 1, task: 2 }, 1_000);
    expect(goesOn(null, moved)).toBe(false);
    expect(goesOn(moved, changeOf({ task: 3, round: 1 }, 1_400))).toBe(true);
    expect(goesOn(moved, changeOf({ task: 3, round: 1 }, 4_000))).toBe(false);
    expect(goesOn(moved, changeOf({ layer: "fc2.weight" }, 1_100))).toBe(false);
  });
});
