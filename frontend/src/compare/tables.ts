/** A comparison as a table of text, and that table as LaTeX, Markdown and CSV. */

import type { Comparison } from "../api/types";
import { titleOf } from "../form/schema";
import { csvCell } from "../text/csv";

export interface Cell {
  text: string;
  best?: boolean;
}

export interface TextTable {
  head: string[];
  rows: { title: string; cells: Cell[] }[];
}

type Measured = Pick<Comparison["metrics"][number], "values" | "best">;

/** Shares as percentages; a deviation over seeds goes behind its mean. */
function cellsOf({ values, best }: Measured): Cell[] {
  return values.map((value, column) => {
    if (!value) return { text: "–" };
    const mean = (value.mean * 100).toFixed(1);
    const text = value.std === null ? mean : `${mean} ± ${(value.std * 100).toFixed(1)}`;
    return { text, best: best.includes(column) };
  });
}

/** Title of a column, with what tells it from others of the same title. */
export function labelOf({ title, note }: Pick<Comparison["columns"][number], "title" | "note">): string {
  return note ? `${title} (${note})` : title;
}

/** A part's `kind` is called by the part: "Strategy" instead of "Kind". */
export function settingTitle(field: string, title: string): string {
  const steps = field.split(".");
  return steps.at(-1) === "kind" ? titleOf(steps.at(-2) ?? title) : title;
}

/** Metrics, tasks and differing settings as rows, runs as columns; metrics in percent. */
export function tableOf(comparison: Comparison): TextTable {
  return {
    head: ["%", ...comparison.columns.map(labelOf)],
    rows: [
      ...comparison.metrics.map((metric) => ({ title: metric.title, cells: cellsOf(metric) })),
      ...comparison.tasks.map((row) => ({ title: `Task ${row.task}`, cells: cellsOf(row) })),
      ...comparison.settings.map(({ field, title, unit, values }) => ({
        title: `${settingTitle(field, title)}${unit ? `, ${unit}` : ""}`,
        cells: values.map((value) => ({ text: value === null ? "–" : String(value) })),
      })),
    ],
  };
}

const LATEX: Record<string, string> = {
  "\\": "\\textbackslash{}",
  "~": "\\textasciitilde{}",
  "^": "\\textasciicircum{}",
  λ: "$\\lambda$",
  "±": "$\\pm$",
  "–": "--",
  "−": "$-$",
};

function latex(text: string): string {
  return text.replace(/[\\~^λ±–−]|[&%$#_{}]/g, (character) => LATEX[character] ?? `\\${character}`);
}

/** For booktabs; the best of each row is bold. */
export function asLatex(table: TextTable): string {
  const line = (cells: string[]) => `${cells.join(" & ")} \\\\`;
  return [
    `\\begin{tabular}{l${"r".repeat(table.head.length - 1)}}`,
    "\\toprule",
    line(table.head.map((title, index) => (index === 0 ? "" : latex(title)))),
    "\\midrule",
    ...table.rows.map(({ title, cells }) =>
      line([
        latex(title),
        ...cells.map(({ text, best }) => (best ? `\\textbf{${latex(text)}}` : latex(text))),
      ]),
    ),
    "\\bottomrule",
    "\\end{tabular}",
    "",
  ].join("\n");
}

export function asMarkdown(table: TextTable): string {
  const escaped = (text: string) =>
    text
      .replace(/[\\|*`]/g, "\\$&")
      .replaceAll("<", "&lt;")
      .replaceAll("\n", " ");
  const line = (cells: string[]) => `| ${cells.join(" | ")} |`;
  return [
    line(table.head.map(escaped)),
    line(table.head.map((_, index) => (index === 0 ? "---" : "---:"))),
    ...table.rows.map(({ title, cells }) =>
      line([escaped(title), ...cells.map(({ text, best }) => (best ? `**${text}**` : escaped(text)))]),
    ),
    "",
  ].join("\n");
}

export function asCsv(table: TextTable): string {
  const line = (cells: string[]) => cells.map(csvCell).join(",");
  return [
    line(table.head),
    ...table.rows.map(({ title, cells }) => line([title, ...cells.map(({ text }) => text)])),
    "",
  ].join("\n");
}
