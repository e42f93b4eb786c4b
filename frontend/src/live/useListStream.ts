import { type InfiniteData, type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { refreshLists } from "../api/actions";
import { api, dataOf } from "../api/client";
import type { components } from "../api/schema";
import type { RunSummary } from "../api/types";
import { type Connection, ResumingStream } from "./stream";
import { Gatherer } from "./throttle";
import { onWake } from "./useRunStream";

type Pages = InfiniteData<components["schemas"]["RunPage"]>;

const INTERVAL = 700;
/** Stands for rows that are gone: no run has this id, so the list is asked for again. */
const DELETED = "";
/** Above so many changed rows in one go the list is asked for again as a whole. */
const ROWS_AT_ONCE = 8;

function known(client: QueryClient): Set<string> {
  const lists = client.getQueriesData<Pages>({ queryKey: ["runs"] });
  return new Set(
    lists.flatMap(([, data]) => data?.pages.flatMap((page) => page.items.map((run) => run.id)) ?? []),
  );
}

function place(client: QueryClient, fresh: Map<string, RunSummary>): void {
  client.setQueriesData<Pages>({ queryKey: ["runs"] }, (data) =>
    data
      ? {
          ...data,
          pages: data.pages.map((page) => ({
            ...page,
            items: page.items.map((run) => fresh.get(run.id) ?? run),
          })),
        }
      : data,
  );
}

async function update(client: QueryClient, ids: Set<string>): Promise<void> {
  const rows = known(client);
  const onlyKnown = [...ids].every((id) => rows.has(id));
  if (!onlyKnown || ids.size > ROWS_AT_ONCE) {
    await client.invalidateQueries({ queryKey: ["runs"] });
  } else {
    const runs = await Promise.all(
      [...ids].map((id) => dataOf(api.GET("/api/runs/{run_id}", { params: { path: { run_id: id } } }))),
    );
    place(client, new Map(runs.map((run) => [run.id, run])));
  }
  await client.invalidateQueries({ queryKey: ["groups"] });
}

/** Keeps the list of runs current, row by row. */
export function useListStream(): Connection {
  const client = useQueryClient();
  const [connection, setConnection] = useState<Connection>("connecting");

  useEffect(() => {
    const gatherer = new Gatherer<string>(INTERVAL, (ids) =>
      update(client, ids).catch(() => client.invalidateQueries({ queryKey: ["runs"] })),
    );
    let opened = false;
    const stream = new ResumingStream({
      url: (seq) => `/api/events${seq === null ? "" : `?after=${encodeURIComponent(seq)}`}`,
      kinds: ["run"],
      onEvent: ({ data }) => gatherer.add(data.deleted ? DELETED : String(data.run)),
      onConnection: (state) => {
        // Before the first change there is no id to go on from, so what came while it was cut is asked for.
        if (state === "live" && opened) refreshLists(client);
        opened ||= state === "live";
        setConnection(state);
      },
      onPoll: () => refreshLists(client),
    });
    const stop = onWake(() => stream.wake());
    return () => {
      stop();
      stream.close();
      gatherer.stop();
    };
  }, [client]);

  return connection;
}
