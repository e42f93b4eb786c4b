import { describe, expect, it } from "vitest";
import type { Comparison } from "../api/types";
import { asCsv, asLatex, asMarkdown, tableOf } from "./tables";

const column = (title: string) => ({
  key: title,
  title,
  run_ids: [title],
  is_group: false,
  status: "succeeded",
  color: "#000",
  color_dark: "#fff",
  dash: "solid",
});
const spread = (mean: number, std: number | null) => ({ mean, std, n: 3, low: mean, high: mean });

const COMPARISON: Comparison = {
  columns: [column("ANPyC λ=3"), column("a_b & c|d")],
  settings: [],
  metrics: [
    {
      name: "average_accuracy",
      title: "Average accuracy",
      higher_is_better: true,
      values: [spread(0.962, 0.004), spread(0.71, null)],
      best: [0],
      differences: [null, null],
    },
  ],
  tasks: [{ task: 0, values: [0.5, null] }],
  baseline: null,
  sentence: "",
  same: {},
};

describe("tables to copy", () => {
  const table = tableOf(COMPARISON);

  it("writes LaTeX with everything escaped and the best in bold", () => {
    const text = asLatex(table);
    expect(text).toContain("\\begin{tabular}{lrr}");
    expect(text).toContain(" & ANPyC $\\lambda$=3 & a\\_b \\& c|d \\\\");
    expect(text).toContain("Average accuracy & \\textbf{96.2 $\\pm$ 0.4} & 71.0 \\\\");
    expect(text).toContain("Task 0 & 50.0 & -- \\\\");
  });

  it("writes Markdown", () => {
    expect(asMarkdown(table)).toContain("| % | ANPyC λ=3 | a_b & c\\|d |\n| --- | ---: | ---: |");
    expect(asMarkdown(table)).toContain("| Average accuracy | **96.2 ± 0.4** | 71.0 |");
  });

  it("writes CSV in which no name is a formula", () => {
    const named = tableOf({ ...COMPARISON, columns: [column("=1+1"), column("a,b")] });
    expect(asCsv(named).split("\n")[0]).toBe('%,\'=1+1,"a,b"');
  });
});
