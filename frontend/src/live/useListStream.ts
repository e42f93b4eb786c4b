import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { refreshLists } from "../api/actions";
import { oneRun, pageOfRuns, type RunsFilter } from "../api/queries";
import type { RunSummary } from "../api/types";
import { ROOT } from "../root";
import { changed, type Pages, rowsIn, withFirst } from "../runs/pages";
import { type Connection, ResumingStream } from "./stream";
import { Gatherer } from "./throttle";
import { onWake } from "./useRunStream";

const INTERVAL = 700;
/** In front of the id of a run that is gone. */
const GONE = "-";
/** Above so many changed rows in one go the list is asked for again. */
const ROWS_AT_ONCE = 8;
/** Of a list of more rows only the first page is asked for again; what is further down changes row by row. */
const SHORT = 300;

function listsIn(client: QueryClient): [RunsFilter, readonly unknown[], Pages, boolean][] {
  const queries = client.getQueryCache().findAll({ queryKey: ["runs"] });
  return queries.flatMap((query) => {
    const data = query.state.data as Pages | undefined;
    return data ? [[query.queryKey[1] as RunsFilter, query.queryKey, data, query.isActive()]] : [];
  });
}

async function askAgain(client: QueryClient): Promise<void> {
  await Promise.all(
    listsIn(client).map(async ([filter, queryKey, data, active]) => {
      if (!active || rowsIn(data) <= SHORT) return client.invalidateQueries({ queryKey, exact: true });
      const first = await pageOfRuns(filter, null);
      client.setQueryData<Pages>(queryKey, (now) => now && withFirst(now, first));
    }),
  );
}

/** Whether only the server can say which runs fit, and what their rows show. */
function isOfItsOwn(filter: RunsFilter): boolean {
  return Boolean(filter.filter || filter.columns?.length);
}

/** The changed rows as they now stand in this list. */
async function rowsOf(filter: RunsFilter, ids: string[], plain: () => Promise<RunSummary[]>) {
  if (ids.length === 0) return [];
  if (!isOfItsOwn(filter)) return plain();
  const these = `id in (${ids.join(", ")})`;
  const narrowed = filter.filter ? `(${filter.filter}) and ${these}` : these;
  return (await pageOfRuns({ ...filter, filter: narrowed }, null)).items;
}

async function update(client: QueryClient, ids: Set<string>): Promise<void> {
  const gone = new Set([...ids].filter((id) => id.startsWith(GONE)).map((id) => id.slice(GONE.length)));
  const alive = [...ids].filter((id) => !id.startsWith(GONE));
  const shown = new Set(
    listsIn(client).flatMap(([, , data]) => data.pages.flatMap((page) => page.items.map(({ id }) => id))),
  );
  const renewed = alive.filter((id) => shown.has(id));
  const few = renewed.length <= ROWS_AT_ONCE;
  let asked: Promise<RunSummary[]> | undefined;
  const plain = () => {
    asked ??= Promise.all(renewed.map((id) => oneRun(id)));
    return asked;
  };
  for (const [filter, queryKey, , active] of listsIn(client)) {
    const rows = few && (active || !isOfItsOwn(filter)) ? await rowsOf(filter, renewed, plain) : [];
    const fresh = new Map(rows.map((run) => [run.id, run]));
    const left = few && isOfItsOwn(filter) ? renewed.filter((id) => !fresh.has(id)) : [];
    const without = active ? new Set([...gone, ...left]) : gone;
    client.setQueryData<Pages>(queryKey, (now) => now && changed(now, filter, fresh, without));
  }
  if (!few || renewed.length < alive.length) await askAgain(client);
  void client.invalidateQueries({ queryKey: ["projects"] });
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
      url: (seq) => `${ROOT}/api/events${seq === null ? "" : `?after=${encodeURIComponent(seq)}`}`,
      kinds: ["run"],
      onEvent: ({ data }) => gatherer.add(`${data.deleted ? GONE : ""}${data.run}`),
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
