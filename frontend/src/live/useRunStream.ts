import { type Query, type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { figuresQuery } from "../api/queries";
import { ROOT } from "../root";
import { type Connection, ResumingStream } from "./stream";
import { Gatherer } from "./throttle";

/** Every kind of event that a run's stream carries. */
const KINDS = [
  "queued",
  "started",
  "plan",
  "epoch",
  "evaluation",
  "layers",
  "masks",
  "outcome",
  "what_if",
  "log",
  "requeued",
  "cancel_requested",
  "succeeded",
  "failed",
  "cancelled",
] as const;

/** Changes of state, after which everything is asked for again. */
const TURNS: ReadonlySet<string> = new Set([
  "started",
  "plan",
  "requeued",
  "succeeded",
  "failed",
  "cancelled",
]);

const QUERY_FEEDS: Record<string, readonly string[]> = {
  run: [...KINDS].filter((kind) => !["log", "masks", "outcome", "what_if"].includes(kind)),
  log: ["log"],
  masks: ["masks"],
  units: ["masks"],
  whatif: ["outcome", "what_if"],
  artifacts: ["layers", "masks", "outcome"],
};

/** At most two updates a second, fewer when the server needs longer. */
const INTERVAL = 500;

/** Which events change a figure, as it declares; null while that is not known. */
function feedsOf(client: QueryClient, figure: string): readonly string[] | null {
  const list = client.getQueryData(figuresQuery.queryKey);
  return list?.items.find(({ name }) => name === figure)?.feeds ?? null;
}

function concerns(client: QueryClient, query: Query, run: string, kinds: ReadonlySet<string>): boolean {
  const [what, name, runs] = query.queryKey as [string, string, string[] | undefined];
  const isFigure = what === "figure";
  if (isFigure ? !runs?.includes(run) : name !== run) return false;
  if ([...kinds].some((kind) => TURNS.has(kind))) return true;
  if (!isFigure) return QUERY_FEEDS[what]?.some((kind) => kinds.has(kind)) ?? false;
  return feedsOf(client, name)?.some((kind) => kinds.has(kind)) ?? true;
}

/** Asks again for whatever such events of the run change. */
export async function refresh(client: QueryClient, run: string, kinds: ReadonlySet<string>): Promise<void> {
  const predicate = (query: Query) => concerns(client, query, run, kinds);
  // A first answer under way may be older than the event, and asking again would only join it.
  const first = client
    .getQueryCache()
    .findAll({ predicate, fetchStatus: "fetching" })
    .filter((query) => query.state.data === undefined);
  await client.invalidateQueries({ predicate });
  if (first.length > 0) await client.invalidateQueries({ predicate: (query) => first.includes(query) });
}

/** Keeps everything on the page about one run current from when it is `active` until its stream has told the end. */
export function useRunStream(run: string, active: boolean, after: number): Connection {
  const client = useQueryClient();
  const [connection, setConnection] = useState<Connection>("closed");

  // An answer may tell the end before its event does; the stream goes on until it has told everything.
  const [following, setFollowing] = useState(active);
  useEffect(() => {
    if (active && !following) setFollowing(true);
  }, [active, following]);

  // Where to begin is what the newest answer said; later ones must not open the stream anew.
  const begin = useRef(after);
  begin.current = after;
  // An answer from before the end may open one more stream, which is to repeat nothing.
  const told = useRef(0);

  useEffect(() => {
    if (!following) return;
    let left = false;
    const gatherer = new Gatherer<string>(INTERVAL, (kinds) => refresh(client, run, kinds));
    const stream = new ResumingStream({
      url: (seq) =>
        `${ROOT}/api/runs/${encodeURIComponent(run)}/events${seq === null ? "" : `?after=${seq}`}`,
      kinds: KINDS,
      after: String(Math.max(begin.current, told.current)),
      numbered: true,
      onEvent: ({ kind }) => gatherer.add(kind),
      onConnection: (state) => {
        setConnection(state);
        if (state === "closed" && !left) void refresh(client, run, TURNS).finally(() => setFollowing(false));
      },
      onPoll: () => gatherer.add("started"),
    });
    const stop = onWake(() => stream.wake());
    return () => {
      left = true;
      stop();
      stream.close();
      told.current = Math.max(told.current, Number(stream.last));
      gatherer.stop();
    };
  }, [client, run, following]);

  return connection;
}

/** Calls when the tab is looked at again or the network is back. */
export function onWake(wake: () => void): () => void {
  const looked = () => {
    if (document.visibilityState === "visible") wake();
  };
  document.addEventListener("visibilitychange", looked);
  document.addEventListener("resume", wake);
  window.addEventListener("online", wake);
  return () => {
    document.removeEventListener("visibilitychange", looked);
    document.removeEventListener("resume", wake);
    window.removeEventListener("online", wake);
  };
}
