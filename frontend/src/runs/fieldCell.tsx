import type { RunField, RunSummary } from "../api/types";
import { percent, plain, points } from "../text/numbers";
import { duration } from "../text/time";
import { type ColumnInfo, lost } from "./columns";
import { Moment } from "./Moment";

const WIDTH: Partial<Record<RunField["type"], number>> = { text: 150, tags: 150, choice: 120, moment: 104 };
const NUMBERS = new Set<RunField["type"]>(["number", "share", "loss", "change", "duration"]);
const COMMIT = "environment.commit";

/** Any field of a run as a column. */
export function columnOf(field: RunField): ColumnInfo {
  const unit = field.unit && field.type === "number" ? `, ${field.unit}` : "";
  const title = `${field.title}${unit}`;
  return {
    name: field.name,
    title,
    sort: field.name,
    number: NUMBERS.has(field.type),
    type: field.type,
    value: (run) => run.values[field.name],
    width: Math.max(WIDTH[field.type] ?? 90, Math.min(240, 34 + 7 * title.length)),
    cell: (run) => <Cell field={field} run={run} />,
  };
}

function Cell({ field, run }: { field: RunField; run: RunSummary }) {
  const value = run.values[field.name];
  if (value === null || value === undefined || value === "") return <>–</>;
  if (typeof value === "boolean") return <>{value ? "on" : "off"}</>;
  if (typeof value === "number") return <>{written(value, field.type)}</>;
  if (field.type === "moment") return <Moment at={value} />;
  const label = field.choices.find((choice) => choice.value === value)?.label ?? value;
  return (
    <span dir="auto" title={label} className={field.name === COMMIT ? "mono" : undefined}>
      {field.name === COMMIT ? label.slice(0, 9) : label}
    </span>
  );
}

function written(value: number, type: RunField["type"]): string {
  if (type === "share") return percent(value);
  if (type === "loss") return lost(value);
  if (type === "change") return `${points(value)} pt`;
  return type === "duration" ? duration(value) : plain(value);
}
