/** How the tables of a comparison name and write what stands in them. */

import type { Comparison } from "../api/types";
import { titleOf } from "../form/schema";
import { hundredths, wholeHundredths } from "../text/numbers";

/** How numbers of a unit are written: parts of a whole in percent, changes in points. */
export function writing(unit: string): (share: number) => string {
  return unit === "%" ? wholeHundredths : hundredths;
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

type SettingRow = Comparison["settings"][number];

/** The rows by the part of the specification; those that not every column has, only with `all`. */
export function settingGroups(
  settings: readonly SettingRow[],
  all = false,
): { groups: { part: string; rows: SettingRow[] }[]; partial: number } {
  const groups = new Map<string, SettingRow[]>();
  let partial = 0;
  for (const row of settings) {
    const isPartial = row.values.some((value) => value === null);
    if (isPartial) partial += 1;
    if (isPartial && !all) continue;
    const part = row.field.includes(".") ? (row.field.split(".")[0] ?? "") : "run";
    groups.set(part, [...(groups.get(part) ?? []), row]);
  }
  return { groups: [...groups].map(([part, rows]) => ({ part, rows })), partial };
}
