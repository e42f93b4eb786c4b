/** What a sweep comes to, in words. */

import { bytes, plural } from "../text/numbers";
import { duration } from "../text/time";

/** "12 runs: λ 1, 3, 10 × 4 seeds." */
export function sweepInWords(grid: Record<string, number[]>, count: number): string {
  const axes = Object.entries(grid).map(([path, values]) =>
    path === "seed" ? plural(values.length, "seed") : `${path} ${values.join(", ")}`,
  );
  return `${plural(count, "run")}: ${axes.join(" × ")}.`;
}

interface Cost {
  seconds: number | null;
  bytes: number;
}

/** "All together about 4 m 0 s and 21.0 MB." */
export function costInWords({ seconds, bytes: each }: Cost, count: number): string {
  const time = seconds === null ? "" : `${duration(seconds * count)} and `;
  return `All together about ${time}${bytes(each * count)}.`;
}
