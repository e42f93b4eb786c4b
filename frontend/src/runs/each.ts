/** One request per run, a few at a time. */

import type { RunSummary } from "../api/types";

const AT_ONCE = 6;

export interface Outcome {
  done: RunSummary[];
  failed: RunSummary[];
  /** Why the first of them failed. */
  reason: unknown;
}

/** Does `act` to each of the runs; `onDone` is told how many have been answered. */
export async function onEach(
  runs: RunSummary[],
  act: (run: RunSummary) => Promise<unknown>,
  onDone: (answered: number) => void = () => {},
): Promise<Outcome> {
  const outcome: Outcome = { done: [], failed: [], reason: undefined };
  const waiting = [...runs];
  async function work(): Promise<void> {
    for (let run = waiting.shift(); run; run = waiting.shift()) {
      try {
        await act(run);
        outcome.done.push(run);
      } catch (reason) {
        outcome.reason ??= reason;
        outcome.failed.push(run);
      }
      onDone(outcome.done.length + outcome.failed.length);
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return outcome;
}
