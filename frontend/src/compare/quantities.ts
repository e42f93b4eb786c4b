/** The fields of runs as what a chart may show. */

import type { RunField } from "../api/types";

export type Groups = { group: string; items: { value: string; label: string }[] }[];

const NUMBERS: ReadonlySet<RunField["type"]> = new Set([
  "number",
  "share",
  "loss",
  "change",
  "duration",
  "flag",
]);

/** Measured against other runs: only a comparison has it. */
export const INTRANSIGENCE = {
  name: "intransigence",
  title: "Intransigence",
  type: "loss",
  part: "Result",
  unit: "points",
} as RunField;

export function isNumber({ type }: RunField): boolean {
  return NUMBERS.has(type);
}

/** Settings that differ come first, then what came out, then all else by part. */
export function groupsOfFields(fields: readonly RunField[], differing: ReadonlySet<string>): Groups {
  const groups = new Map<string, { value: string; label: string }[]>();
  const titles = new Map<string, number>();
  for (const { title } of fields) titles.set(title, (titles.get(title) ?? 0) + 1);
  const isDiffering = (name: string) => differing.has(name) || differing.has(`${name}.kind`);
  const placeOf = ({ name, part }: RunField) => (isDiffering(name) ? "Differs here" : part);
  for (const part of ["Differs here", "Result"]) groups.set(part, []);
  for (const field of fields) {
    const part = placeOf(field);
    const clash = (titles.get(field.title) ?? 0) > 1;
    const label = clash ? `${field.title} (${field.part.toLowerCase()})` : field.title;
    groups.set(part, [...(groups.get(part) ?? []), { value: field.name, label }]);
  }
  return [...groups].flatMap(([group, items]) => (items.length ? [{ group, items }] : []));
}
