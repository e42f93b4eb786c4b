/** What of the runs is shown, and how: all of it stands in the address. */

import type { RunsFilter } from "../api/queries";
import { STATUSES, type Status } from "../api/types";
import { listIn, oneOf, textIn } from "../search";

export const COLUMNS = [
  "status",
  "name",
  "progress",
  "average_accuracy",
  "forgetting",
  "capacity_free",
  "strategy",
  "benchmark",
  "dataset",
  "seed",
  "tags",
  "duration",
  "worker",
  "created",
] as const;
export type Column = (typeof COLUMNS)[number];

export const SHOWN_AT_FIRST: readonly Column[] = [
  "status",
  "name",
  "progress",
  "average_accuracy",
  "forgetting",
  "capacity_free",
  "tags",
  "duration",
  "created",
];

export interface View {
  status?: Status[];
  tag?: string[];
  group?: string;
  archived?: boolean;
  q?: string;
  sort?: string;
  /** Columns in their order; absent: the usual ones. */
  columns?: Column[];
  /** Runs that differ only in name and seed share a row. */
  by?: "seeds" | "sweep";
}

const SORTS = ["created", "name", "status", "average_accuracy", "forgetting"].flatMap((key) => [
  key,
  `-${key}`,
]);

export function readView(search: Record<string, unknown>): View {
  const status = listIn(search.status)?.filter((one): one is Status => STATUSES.includes(one as Status));
  const columns = listIn(search.columns)?.filter((one): one is Column => COLUMNS.includes(one as Column));
  return {
    status: status?.length ? status : undefined,
    tag: listIn(search.tag),
    group: textIn(search.group),
    archived: search.archived === "true" || search.archived === true ? true : undefined,
    q: textIn(search.q),
    sort: oneOf(search.sort, SORTS),
    columns: columns?.length ? columns : undefined,
    by: oneOf(search.by, ["seeds", "sweep"]),
  };
}

export function filterOf(view: View): RunsFilter {
  const { status, tag, group, archived, q, sort } = view;
  return { status, tag, group, archived, q, sort: sort ?? "-created" };
}

export function isFiltered(view: View): boolean {
  return Boolean(view.status || view.tag || view.group || view.archived || view.q);
}
