/** The view as it stands in the address: plain names and values, lists by repetition. */

import type { ArrayKind } from "./api/types";

export function parseSearch(text: string): Record<string, unknown> {
  const search: Record<string, string | string[]> = {};
  for (const [key, value] of new URLSearchParams(text)) {
    const before = search[key];
    if (before === undefined) search[key] = value;
    else search[key] = Array.isArray(before) ? [...before, value] : [before, value];
  }
  return search;
}

export function stringifySearch(search: Record<string, unknown>): string {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(search)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== undefined && one !== null && one !== "" && one !== false) query.append(key, String(one));
    }
  }
  const text = query.toString();
  return text ? `?${text}` : "";
}

export function textIn(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

export function listIn(value: unknown): string[] | undefined {
  if (value === undefined || value === "") return undefined;
  return (Array.isArray(value) ? value : [value]).map(String);
}

export function wholeIn(value: unknown): number | undefined {
  if (value === undefined || value === "") return undefined;
  const number = Number(value);
  return Number.isInteger(number) && number >= 0 ? number : undefined;
}

export function oneOf<T extends string>(value: unknown, allowed: readonly T[]): T | undefined {
  return allowed.find((one) => one === value);
}

export interface NewSearch {
  /** Copy the specification of this run. */
  from?: string;
  preset?: string;
}

export function readNew(search: Record<string, unknown>): NewSearch {
  return { from: textIn(search.from), preset: textIn(search.preset) };
}

export const RUN_TABS = ["overview", "forgetting", "capacity", "masks", "log", "spec", "files"] as const;
export type RunTab = (typeof RUN_TABS)[number];
export const ARRAYS: readonly ArrayKind[] = ["mask", "owner", "importance", "weight"];

export const ROW_ORDERS = ["density", "cluster"] as const;

export interface RunSearch {
  tab?: RunTab;
  layer?: string;
  task?: number;
  round?: number;
  of?: ArrayKind;
  before?: number;
  /** Rows of a mask: by number unless said otherwise. */
  order?: (typeof ROW_ORDERS)[number];
  /** The kernels of a convolution folded into columns instead of as images. */
  layout?: "flat";
  level?: "info" | "warning" | "error";
}

export function readRun(search: Record<string, unknown>): RunSearch {
  return {
    tab: oneOf(search.tab, RUN_TABS),
    layer: textIn(search.layer),
    task: wholeIn(search.task),
    round: wholeIn(search.round),
    of: oneOf(search.of, ARRAYS),
    before: wholeIn(search.before),
    order: oneOf(search.order, ROW_ORDERS),
    layout: oneOf(search.layout, ["flat"] as const),
    level: oneOf(search.level, ["info", "warning", "error"]),
  };
}

export interface CompareSearch {
  run?: string[];
  baseline?: string;
}

export function readCompare(search: Record<string, unknown>): CompareSearch {
  return { run: listIn(search.run), baseline: textIn(search.baseline) };
}
