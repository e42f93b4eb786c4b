import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { ResumingStream } from "../live/stream";
import { Gatherer } from "../live/throttle";
import { onWake } from "../live/useRunStream";
import { ROOT } from "../root";

/** Every so many milliseconds at most, as each figure is asked for again. */
const INTERVAL = 2_500;

/** Keeps a comparison current while runs of it train: asked for again after they have changed.
 * Of groups, new runs join by themselves. */
export function useCompareStream(runs: readonly string[], active: boolean): void {
  const client = useQueryClient();
  const known = runs.join(" ");
  useEffect(() => {
    if (!active) return;
    const concerned = new Set(known.split(" "));
    const refresh = () =>
      Promise.all(
        ["compare", "figure"].map((kind) =>
          client.invalidateQueries({ queryKey: [kind], refetchType: "active" }),
        ),
      );
    const gatherer = new Gatherer<string>(INTERVAL, async (ids) => {
      if ([...ids].some((id) => concerned.has(id))) await refresh();
    });
    const stream = new ResumingStream({
      url: (seq) => `${ROOT}/api/events${seq === null ? "" : `?after=${encodeURIComponent(seq)}`}`,
      kinds: ["run"],
      onEvent: ({ data }) => gatherer.add(String(data.run)),
      onConnection: () => {},
      onPoll: () => void refresh(),
    });
    const stop = onWake(() => stream.wake());
    return () => {
      stop();
      stream.close();
      gatherer.stop();
    };
  }, [client, known, active]);
}
