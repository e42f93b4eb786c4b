/** Which runs of a comparison stand out and which are hidden: the same in all figures of a page. */

import { createContext } from "react";
import type { FigureData, LegendEntry, Trace } from "./figure";

export interface Emphasis {
  /** Keys of runs and groups that no figure draws. */
  hidden: ReadonlySet<string>;
  /** Keys that stand out; null: none does, or all do. */
  lit: ReadonlySet<string> | null;
  onHide: (keys: readonly string[], hide: boolean) => void;
  /** What was brushed; null: nothing. */
  onBrush: (keys: ReadonlySet<string> | null) => void;
  /** Goes on with these alone. */
  onKeep?: (keys: ReadonlySet<string>) => void;
}

const NONE: ReadonlySet<string> = new Set();

export const EmphasisContext = createContext<Emphasis>({
  hidden: NONE,
  lit: null,
  onHide: () => {},
  onBrush: () => {},
});

function keysOf(trace: Trace): readonly string[] {
  const keys = (trace.meta as { keys?: unknown } | undefined)?.keys;
  return Array.isArray(keys) ? (keys as string[]) : [];
}

const FAINT = 0.12;

/** The figure without what is hidden, and with the rest faint where something stands out. */
export function emphasised(
  figure: FigureData,
  hidden: ReadonlySet<string>,
  lit: ReadonlySet<string> | null,
): FigureData {
  if (hidden.size === 0 && lit === null) return figure;
  const data = figure.data.map((trace) => {
    const keys = keysOf(trace);
    if (keys.length === 0) return trace;
    if (keys.every((key) => hidden.has(key))) return { ...trace, visible: false };
    if (lit && !keys.some((key) => lit.has(key))) return { ...trace, opacity: FAINT };
    return trace;
  });
  return { ...figure, data };
}

/** Names of the traces that are hidden, with whom a file that is taken away does without. */
export function namesHidden({ data }: FigureData, hidden: ReadonlySet<string>): string[] {
  if (hidden.size === 0) return [];
  const isHidden = (keys: readonly string[]) => keys.length > 0 && keys.every((key) => hidden.has(key));
  const names = data.flatMap((trace) => (isHidden(keysOf(trace)) && trace.name ? [trace.name] : []));
  return [...new Set(names)];
}

/** What stands in a legend as one: the lines of a method. */
export interface LegendGroup {
  method: string;
  name: string;
  full: string;
  entries: LegendEntry[];
}

/** The lines by method, in their order; of several seeds, what their names begin with stands for them. */
export function groupsOf(entries: readonly LegendEntry[]): LegendGroup[] {
  const groups = new Map<string, LegendEntry[]>();
  for (const entry of entries) {
    const method = entry.method || entry.key;
    groups.set(method, [...(groups.get(method) ?? []), entry]);
  }
  return [...groups].map(([method, lines]) => ({
    method,
    name: commonName(lines.map(({ name }) => name)),
    full: lines.map(({ full }) => full).join("\n"),
    entries: lines,
  }));
}

const LEAST = 3;

/** "EWC λ 100" of "EWC λ 100 · seed 1" and "EWC λ 100 · seed 2"; else the first name. */
export function commonName(names: readonly string[]): string {
  const [first = "", ...others] = names;
  let length = first.length;
  for (const other of others) while (!other.startsWith(first.slice(0, length))) length -= 1;
  if (others.every((other) => other === first)) return first;
  // Whole words, without what leads over to the differing part.
  const whole = first.slice(0, length).replace(/[^\s·,]*$/, "");
  const common = whole.replace(/[\s·,(:-]+(seed[\s=]*)?$/, "").trim();
  return common.length >= LEAST ? common : first;
}
