/** A comparison as a table of text, and that table as LaTeX, Markdown and CSV. */

import type { Comparison } from "../api/types";

export interface Cell {
  text: string;
  best?: boolean;
}

export interface TextTable {
  head: string[];
  rows: { title: string; cells: Cell[] }[];
}

type Metric = Comparison["metrics"][number];

/** Shares as percentages; a deviation over seeds goes behind its mean. */
function cellOf(metric: Metric, column: number): Cell {
  const value = metric.values[column];
  if (!value) return { text: "–" };
  const mean = (value.mean * 100).toFixed(1);
  const text = value.std === null ? mean : `${mean} ± ${(value.std * 100).toFixed(1)}`;
  return { text, best: metric.best.includes(column) };
}

/** Metrics as rows, runs as columns; values in percent. */
export function tableOf(comparison: Comparison): TextTable {
  const columns = comparison.columns.map((_, column) => column);
  return {
    head: ["%", ...comparison.columns.map(({ title }) => title)],
    rows: [
      ...comparison.metrics.map((metric) => ({
        title: metric.title,
        cells: columns.map((column) => cellOf(metric, column)),
      })),
      ...comparison.tasks.map(({ task, values }) => ({
        title: `Task ${task}`,
        cells: values.map((value) => ({ text: value === null ? "–" : (value * 100).toFixed(1) })),
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
  const escaped = (text: string) => text.replaceAll("|", "\\|").replaceAll("\n", " ");
  const line = (cells: string[]) => `| ${cells.join(" | ")} |`;
  return [
    line(table.head.map(escaped)),
    line(table.head.map((_, index) => (index === 0 ? "---" : "---:"))),
    ...table.rows.map(({ title, cells }) =>
      line([escaped(title), ...cells.map(({ text, best }) => (best ? `**${text}**` : text))]),
    ),
    "",
  ].join("\n");
}

export function asCsv(table: TextTable): string {
  // A leading =, +, - or @ would be run as a formula by a spreadsheet.
  const safe = (text: string) => (/^[=+@]|^-\D/.test(text) ? `'${text}` : text);
  const escaped = (text: string) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const line = (cells: string[]) => cells.map((cell) => escaped(safe(cell))).join(",");
  return [
    line(table.head),
    ...table.rows.map(({ title, cells }) => line([title, ...cells.map(({ text }) => text)])),
    "",
  ].join("\n");
}
