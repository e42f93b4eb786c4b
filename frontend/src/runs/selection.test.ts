import { describe, expect, it } from "vitest";
import type { RunSummary } from "../api/types";
import { current, NOTHING, toggled } from "./selection";

const RUNS = ["a", "b", "c", "d"].map((id) => ({ id, name: id, status: "running" }) as RunSummary);
const ids = (selection: ReadonlyMap<string, unknown>) => [...selection.keys()].sort();

describe("selection", () => {
  it("switches one run on and off", () => {
    const one = toggled(NOTHING, RUNS, 1, null);
    expect(ids(one)).toEqual(["b"]);
    expect(ids(toggled(one, RUNS, 1, null))).toEqual([]);
  });

  it("sets everything between the anchor and the run like the run", () => {
    const three = toggled(toggled(NOTHING, RUNS, 3, null), RUNS, 1, 3);
    expect(ids(three)).toEqual(["b", "c", "d"]);
    expect(ids(toggled(three, RUNS, 3, 2))).toEqual(["b"]);
  });

  it("keeps runs that a filter hides, and knows the newest state of the others", () => {
    const both = toggled(toggled(NOTHING, RUNS, 0, null), RUNS, 1, null);
    const shown = [{ ...RUNS[1], status: "succeeded" } as RunSummary];
    expect(current(both, shown).map(({ id, status }) => [id, status])).toEqual([
      ["a", "running"],
      ["b", "succeeded"],
    ]);
  });
});
