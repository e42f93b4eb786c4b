import { describe, expect, it } from "vitest";
import type { Comparison } from "../api/types";
import { asCsv, asLatex, asMarkdown, settingValue, tableOf } from "./tables";

const column = (title: string) => ({
  key: title,
  title,
  note: "",
  run_ids: [title],
  left_out: 0,
  repeated: 0,
  disagreement: 0,
  seeds: [0],
  settings: 1,
  spread_over: "seeds" as const,
  spread_contains: [],
  is_group: false,
  status: "succeeded",
  color: "#000",
  color_dark: "#fff",
  dash: "solid",
});
const spread = (mean: number, std: number | null) => ({ mean, std, n: 3, low: mean, high: mean });

const COMPARISON: Comparison = {
  columns: [column("ANPyC λ=3"), column("a_b & c|d")],
  settings: [{ field: "strategy.kind", title: "Kind", unit: "", values: ["anpyc", null] }],
  metrics: [
    {
      name: "average_accuracy",
      title: "Average accuracy",
      unit: "%",
      higher_is_better: true,
      values: [spread(0.962, 0.004), spread(0.71, null)],
      best: [0],
      differences: [null, null],
    },
  ],
  tasks: [{ task: 0, values: [spread(0.5, 0.01), null], best: [] }],
  baseline: null,
  sentence: "",
  spread: "",
  same: {},
  missing: [],
};

describe("tables to copy", () => {
  const table = tableOf(COMPARISON);

  it("writes LaTeX with everything escaped and the best in bold", () => {
    const text = asLatex(table);
    expect(text).toContain("\\begin{tabular}{lrr}");
    expect(text).toContain(" & ANPyC $\\lambda$=3 & a\\_b \\& c|d \\\\");
    expect(text).toContain("Average accuracy (\\%) & \\textbf{96.2 $\\pm$ 0.4} & 71.0 \\\\");
    expect(text).toContain("Task 0 (\\%) & 50.0 $\\pm$ 1.0 & -- \\\\");
  });

  it("writes Markdown", () => {
    expect(asMarkdown(table)).toContain("| Measure | ANPyC λ=3 | a_b & c\\|d |\n| --- | ---: | ---: |");
    expect(asMarkdown(table)).toContain("| Average accuracy (%) | **96.2 ± 0.4** | 71.0 |");
  });

  it("names the settings that differ, and tells columns of one title apart", () => {
    expect(asCsv(table)).toContain("Strategy,anpyc,–");
    const twins = ["seed 0", "seed 1"].map((note) => ({ ...column("same"), note }));
    expect(tableOf({ ...COMPARISON, columns: twins }).head).toEqual([
      "Measure",
      "same (seed 0)",
      "same (seed 1)",
    ]);
  });

  it("calls values as the form does, and leaves a person's words alone", () => {
    const values = ["closed_form", "adam", true, 3, null, "784, 10"] as const;
    expect(values.map((value) => settingValue("strategy.consolidation", value))).toEqual([
      "Closed form",
      "Adam",
      "on",
      "3",
      "–",
      "784, 10",
    ]);
    expect(settingValue("name", "my_run")).toBe("my_run");
    expect(settingValue("training.optimizer", "sgd")).toBe("SGD");
    expect(settingValue("strategy.kind", "anpyc", (part, kind) => `${part}: ${kind}`)).toBe(
      "strategy: anpyc",
    );
  });

  it("writes a group over settings as a range, never with ±", () => {
    const swept = { ...column("λ 1, 3 · seeds 0–2"), settings: 2, spread_over: "settings" as const };
    const range = { mean: 0.9, std: null, n: 6, low: 0.85, high: 0.95 };
    const metric = {
      ...COMPARISON.metrics[0],
      name: "forgetting",
      title: "Forgetting",
      unit: "points",
      values: [range],
    };
    const text = asCsv(
      tableOf({ ...COMPARISON, columns: [swept], metrics: [metric as never], tasks: [], settings: [] }),
    );
    expect(text).toContain("Forgetting (points),90.0 (85.0 to 95.0)");
    expect(text).not.toContain("±");
  });

  it("keeps markup in a name from being markup", () => {
    const named = tableOf({ ...COMPARISON, columns: [column("<script>*x*</script>"), column("b")] });
    expect(asMarkdown(named).split("\n")[0]).toBe("| Measure | &lt;script>\\*x\\*&lt;/script> | b |");
  });

  it("writes CSV in which no name is a formula", () => {
    const named = tableOf({ ...COMPARISON, columns: [column("=1+1"), column("a,b")] });
    expect(asCsv(named).split("\n")[0]).toBe('Measure,\'=1+1,"a,b"');
  });
});
