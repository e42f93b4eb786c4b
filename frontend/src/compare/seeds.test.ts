import { describe, expect, it } from "vitest";
import type { Comparison } from "../api/types";
import {
  differenceOf,
  effectOf,
  intervalOf,
  type MethodVerdict,
  metricShown,
  onTheirWay,
  pOf,
  runsWanted,
  seedsInWords,
  wantedInWords,
  withSeedsTogether,
} from "./seeds";

const method = (key: string, columns: number[]) => ({
  key,
  title: key.toUpperCase(),
  note: "",
  columns,
  seeds: [0, 1, 2],
  on_their_way: [],
  spread_contains: [],
});
const wanted = [
  { method: 0, run_id: "r", seeds: [3, 4], join_sweep: false },
  { method: 1, run_id: "s", seeds: [4], join_sweep: false },
];

describe("what the seeds say", () => {
  it("writes intervals, differences with signs, and a dash where nothing was tested", () => {
    expect(intervalOf({ low: 0.9535, high: 0.9685 }, "%")).toBe("95.3 to 96.9");
    expect(intervalOf({ low: null, high: null }, "%")).toBe("–");
    const verdict = { difference: -0.0204, low: -0.0308, high: -0.01 } as MethodVerdict;
    expect(differenceOf(verdict)).toBe("−2.0 (−3.1 to −1.0)");
    expect(differenceOf({ ...verdict, low: null })).toBe("−2.0");
  });

  it("rounds no p-value across the bound", () => {
    expect([0.0004, 0.0071, 0.0312, 0.0499, 0.0502, 0.3, null].map(pOf)).toEqual([
      "< 0.001",
      "0.0071",
      "0.03",
      "0.0499",
      "0.05",
      "0.30",
      "–",
    ]);
    expect([1.84, -2, 300, null].map(effectOf)).toEqual(["1.8", "2.0", "over 99.9", "–"]);
  });

  it("shows the metric of the address, else the average accuracy", () => {
    const metrics = [{ name: "forgetting" }, { name: "average_accuracy" }] as never[];
    expect(metricShown(metrics, "forgetting")).toBe(metrics[0]);
    expect(metricShown(metrics, "unheard")).toBe(metrics[1]);
    expect(metricShown([], undefined)).toBeUndefined();
  });

  it("tells which seeds will be queued and which are on their way", () => {
    expect(runsWanted(wanted)).toBe(3);
    expect(wantedInWords(wanted, [method("a", [0]), method("b", [1])])).toEqual([
      "A: seeds 3 and 4",
      "B: seed 4",
    ]);
    expect(seedsInWords(method("a", [0]))).toBe("3");
    expect(seedsInWords({ ...method("a", [0]), on_their_way: [7] })).toBe("3 (+1)");
    expect(onTheirWay({ ...method("a", [0]), on_their_way: [7] })).toBe("1 more run is on the way");
    expect(onTheirWay(method("a", [0]))).toBeUndefined();
  });

  it("takes single runs together once they get more seeds, and leaves groups and others alone", () => {
    const comparison = {
      columns: [
        { key: "r0", is_group: false },
        { key: "r1", is_group: false },
        { key: "sweep:x", is_group: true },
        { key: "other", is_group: false },
      ],
      statistics: { methods: [method("spec:a", [0, 1]), method("spec:b", [2]), method("spec:c", [3])] },
    } as unknown as Comparison;
    const view = { run: ["r0", "r1", "sweep:x", "other"], baseline: "r1" };
    expect(withSeedsTogether(view, comparison, wanted)).toEqual({
      run: ["spec:a", "sweep:x", "other"],
      baseline: "spec:a",
    });
  });
});
