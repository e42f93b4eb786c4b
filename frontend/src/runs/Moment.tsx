import { useSyncExternalStore } from "react";
import { absolute, ago } from "../text/time";

const PACE = 20_000;
const listeners = new Set<() => void>();
let clock: ReturnType<typeof setInterval> | undefined;

/** One clock for all moments on a page. */
function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  clock ??= setInterval(() => {
    for (const listener of listeners) listener();
  }, PACE);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(clock);
    clock = undefined;
  };
}

/** A moment as "5 min ago", in full on hover, growing older by itself. */
export function Moment({ at }: { at: string | null | undefined }) {
  const words = useSyncExternalStore(subscribe, () => (at ? ago(at) : "–"));
  return at ? (
    <time dateTime={at} title={absolute(at)}>
      {words}
    </time>
  ) : (
    <span>{words}</span>
  );
}
