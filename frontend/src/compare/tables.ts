/** A comparison as a table of text, and that table as LaTeX, Markdown and CSV. */

import type { Comparison } from "../api/types";
import { titleOf } from "../form/schema";
import { csvCell } from "../text/csv";
import { hundredths, wholeHundredths } from "../text/numbers";

export interface Cell {
  text: string;
  best?: boolean;
}

export interface TextTable {
  head: string[];
  rows: { title: string; cells: Cell[] }[];
}

type Measured = Pick<Comparison["metrics"][number], "values" | "best">;

/** How numbers of a unit are written: parts of a whole in percent, changes in points. */
export function writing(unit: string): (share: number) => string {
  return unit === "%" ? wholeHundredths : hundredths;
}

/** Shares in percent; behind a mean its deviation over seeds, or the range of the settings' means. */
function cellsOf({ values, best }: Measured, columns: Comparison["columns"], unit = "%"): Cell[] {
  const write = writing(unit);
  return values.map((value, place) => {
    if (!value) return { text: "–" };
    const isRange = columns[place]?.spread_over === "settings";
    const range = isRange ? ` (${write(value.low)} to ${write(value.high)})` : "";
    const deviation = value.std === null ? "" : ` ± ${hundredths(value.std)}`;
    return { text: `${write(value.mean)}${deviation}${range}`, best: best.includes(place) };
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

const FREE_TEXT = new Set(["name", "notes"]);
/** What only a list of choices looks like: "closed_form". */
const CHOICE = /^[a-z]+(_[a-z]+)*$/;

/** The value of a setting as the form shows it: "Closed form", "on". */
export function settingValue(
  field: string,
  value: Comparison["settings"][number]["values"][number],
  kindTitle: (part: string, kind: string) => string = (_, kind) => kind,
): string {
  if (value === null) return "–";
  if (typeof value === "boolean") return value ? "on" : "off";
  const [last, part] = field.split(".").reverse();
  if (last === "kind") return kindTitle(part ?? "", String(value));
  const isChoice = typeof value === "string" && CHOICE.test(value) && !FREE_TEXT.has(field);
  return isChoice ? titleOf(value) : String(value);
}

/** Metrics, tasks and differing settings as rows with their units, runs as columns. */
export function tableOf(comparison: Comparison): TextTable {
  const { columns } = comparison;
  return {
    head: ["Measure", ...columns.map(labelOf)],
    rows: [
      ...comparison.metrics.map((metric) => ({
        title: `${metric.title} (${metric.unit})`,
        cells: cellsOf(metric, columns, metric.unit),
      })),
      ...comparison.tasks.map((row) => ({ title: `Task ${row.task} (%)`, cells: cellsOf(row, columns) })),
      ...comparison.settings.map(({ field, title, unit, values }) => ({
        title: `${settingTitle(field, title)}${unit ? ` (${unit})` : ""}`,
        cells: values.map((value) => ({ text: settingValue(field, value) })),
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
