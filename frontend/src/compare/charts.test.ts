import { describe, expect, it } from "vitest";
import {
  type Chart,
  chartOf,
  chartsIn,
  chartsOf,
  chartText,
  chartTexts,
  FIRST_CHARTS,
  moved,
  paramsOfChart,
} from "./charts";
import { colorsFor, colorsOf, colorsText, withColor } from "./colors";

const CHARTS: Chart[] = [
  ...FIRST_CHARTS,
  { kind: "curve", x: "strategy.lam", y: "forgetting", group: "strategy", facet: "benchmark", log: "xy" },
  { kind: "heatmap", x: "strategy.lam", y: "training.epochs", value: "average_accuracy", wide: true },
  { kind: "parallel", axes: ["strategy.lam", "average_accuracy"] },
];

describe("charts of one's own", () => {
  it("stand in the address and come back as they were, with nothing to escape", () => {
    for (const chart of CHARTS) {
      const text = chartText(chart);
      expect(chartOf(text)).toEqual(chart);
      expect(new URLSearchParams({ chart: text }).toString()).toBe(`chart=${text}`);
    }
    expect(chartsOf(chartTexts([]))).toEqual([]);
    expect(chartsOf(undefined)).toBeUndefined();
  });

  it("are left out where they are none, and are no more than twelve", () => {
    for (const text of [
      "pie",
      "curve",
      "heatmap-x-strategy.lam",
      "dots-y-a b",
      "dots-error-twice",
      "parallel-axes-seed",
    ])
      expect(chartOf(text), text).toBeUndefined();
    expect(chartsOf(Array.from({ length: 20 }, () => "dots"))).toHaveLength(12);
    expect(chartsIn([{ kind: "dots" }, { kind: "pie" }, 3])).toEqual([{ kind: "dots" }]);
    expect(chartsIn("dots")).toBeUndefined();
  });

  it("ask for their figure, with panels where they have some", () => {
    expect(paramsOfChart({ kind: "dots", y: "forgetting", wide: true }, 3)).toEqual({
      kind: "dots",
      y: "forgetting",
    });
    expect(paramsOfChart({ kind: "bars", facet: "strategy" }, 3)).toMatchObject({ across: 3 });
    expect(paramsOfChart({ kind: "parallel", axes: ["a", "b"] }, 3)).toEqual({ axes: "a,b", log: true });
  });

  it("are moved within their order", () => {
    expect(moved(["a", "b", "c"], 0, 1)).toEqual(["b", "a", "c"]);
    expect(moved(["a", "b", "c"], 2, 5)).toEqual(["a", "b", "c"]);
    expect(moved(["a", "b", "c"], 2, -2)).toEqual(["c", "a", "b"]);
  });
});

describe("colours of methods", () => {
  it("are written and read, and one is nobody else's", () => {
    expect(colorsOf("a.3,b.12,junk,c.")).toEqual({ a: 3, b: 12 });
    expect(colorsText({ a: 3, b: 12 })).toBe("a.3,b.12");
    expect(colorsText({})).toBeUndefined();
    expect(withColor({ a: 3 }, "b", 3)).toEqual({ b: 3 });
    expect(withColor({ a: 3, b: 1 }, "a", undefined)).toEqual({ b: 1 });
    expect(colorsFor({ a: 3, b: 1 }, new Set(["b"]))).toEqual({ b: 1 });
  });
});
