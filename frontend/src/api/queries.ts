import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import type { FigureData } from "../plot/figure";
import { decoded } from "../plot/raster";
import { ROOT } from "../root";
import { stringifySearch } from "../search";
import { ApiError, api, dataOf, Unreachable } from "./client";
import type { components, paths } from "./schema";
import type { ArrayKind, Run, RunSummary, Status } from "./types";

/** What the list is asked for: the part of its view that the server knows. */
export interface RunsFilter {
  status?: Status[];
  strategy?: string[];
  benchmark?: string[];
  dataset?: string[];
  tag?: string[];
  group?: string;
  /** By its id. */
  project?: string;
  archived?: boolean;
  q?: string;
  filter?: string;
  /** Fields that each run shows besides. */
  columns?: string[];
  sort?: string;
}

/** Of a list, in one request. */
const PAGE = 100;

export const pageOfRuns = (
  filter: RunsFilter,
  cursor: string | null,
  { limit = PAGE, signal }: { limit?: number; signal?: AbortSignal } = {},
) =>
  dataOf(
    api.GET("/api/runs", {
      params: { query: { ...filter, limit, cursor } },
      signal,
    }),
  );

export const runsQuery = (filter: RunsFilter) =>
  infiniteQueryOptions({
    queryKey: ["runs", filter],
    queryFn: ({ pageParam, signal }) => pageOfRuns(filter, pageParam, { signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    placeholderData: keepPreviousData,
    // The stream of events keeps it current.
    refetchOnWindowFocus: false,
  });

export const projectsQuery = queryOptions({
  queryKey: ["projects"],
  queryFn: ({ signal }) => dataOf(api.GET("/api/projects", { signal })),
  staleTime: 10_000,
});

/** The saved views of a project, or of all runs. */
export const viewsQuery = (project: string | undefined) =>
  queryOptions({
    queryKey: ["views", project ?? null],
    queryFn: ({ signal }) => dataOf(api.GET("/api/views", { params: { query: { project } }, signal })),
    staleTime: 10_000,
  });

export const viewQuery = (id: string) =>
  queryOptions({
    queryKey: ["view", id],
    queryFn: ({ signal }) =>
      dataOf(api.GET("/api/views/{view_id}", { params: { path: { view_id: id } }, signal })),
    staleTime: 10_000,
  });

/** All that runs can be filtered by, sorted by and shown with. */
export const fieldsQuery = queryOptions({
  queryKey: ["fields"],
  queryFn: ({ signal }) => dataOf(api.GET("/api/runs/fields", { signal })),
  staleTime: Number.POSITIVE_INFINITY,
});

/** What may be typed next in a filter, `at` characters from its beginning. */
export const completionsQuery = (filter: string, at: number) =>
  queryOptions({
    queryKey: ["completions", filter, at],
    queryFn: ({ signal }) =>
      dataOf(api.GET("/api/runs/completions", { params: { query: { filter, at } }, signal })),
    placeholderData: keepPreviousData,
    staleTime: 10_000,
    retry: false,
  });

/** The fields in which the listed runs differ. */
export const differencesOf = ({ sort: _sort, columns: _columns, ...filter }: RunsFilter) =>
  dataOf(api.GET("/api/runs/differences", { params: { query: filter } }));

/** Where the list is to be had as a file. */
export function exportAddress(
  filter: RunsFilter,
  columns: readonly string[],
  format: "csv" | "json",
): string {
  const fields = columns.filter((name) => name !== "curve" && name !== "bytes"); // the page's alone
  const query = new URLSearchParams({ format, columns: fields.join(",") });
  for (const [name, value] of Object.entries(filter)) {
    if (name === "columns" || value === undefined || value === false) continue;
    for (const one of Array.isArray(value) ? value : [value]) query.append(name, String(one));
  }
  return `${ROOT}/api/runs/export?${query}`;
}

const LARGEST_PAGE = 200;

/** Every run that the filter leaves, page by page. */
export async function allRuns(filter: RunsFilter): Promise<RunSummary[]> {
  const runs: RunSummary[] = [];
  let cursor: string | null = null;
  do {
    const page: components["schemas"]["RunPage"] = await pageOfRuns(filter, cursor, { limit: LARGEST_PAGE });
    runs.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor);
  return runs;
}

export const groupsQuery = (by: "spec" | "sweep", filter: Omit<RunsFilter, "sort" | "columns">) =>
  queryOptions({
    queryKey: ["groups", by, filter],
    queryFn: ({ signal }) =>
      dataOf(api.GET("/api/groups", { params: { query: { by, ...filter, limit: 200 } }, signal })),
    placeholderData: keepPreviousData,
  });

export const groupPagesQuery = (by: "spec" | "sweep", filter: RunsFilter) =>
  infiniteQueryOptions({
    queryKey: ["groups", "pages", by, filter],
    queryFn: ({ pageParam, signal }) =>
      dataOf(
        api.GET("/api/groups", {
          params: {
            query: { by, ...filter, sort: filter.sort as "-created", limit: PAGE, cursor: pageParam },
          },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    placeholderData: keepPreviousData,
  });

export const oneRun = (id: string, signal?: AbortSignal): Promise<Run> =>
  dataOf(api.GET("/api/runs/{run_id}", { params: { path: { run_id: id } }, signal }));

export const runQuery = (id: string) =>
  queryOptions({ queryKey: ["run", id], queryFn: ({ signal }) => oneRun(id, signal) });

export const familyQuery = (id: string) =>
  queryOptions({
    queryKey: ["family", id],
    queryFn: ({ signal }) =>
      dataOf(api.GET("/api/runs/{run_id}/family", { params: { path: { run_id: id } }, signal })),
  });

export const siblingsQuery = (id: string) =>
  queryOptions({
    queryKey: ["siblings", id],
    queryFn: ({ signal }) =>
      dataOf(api.GET("/api/runs/{run_id}/siblings", { params: { path: { run_id: id } }, signal })),
  });

export const catalogQuery = queryOptions({
  queryKey: ["catalog"],
  queryFn: ({ signal }) => dataOf(api.GET("/api/catalog", { signal })),
  staleTime: 60_000,
});

export const workersQuery = queryOptions({
  queryKey: ["workers"],
  queryFn: ({ signal }) => dataOf(api.GET("/api/workers", { signal })),
  refetchInterval: 5_000,
});

export const queueQuery = queryOptions({
  queryKey: ["queue"],
  queryFn: ({ signal }) => dataOf(api.GET("/api/queue", { signal })),
  refetchInterval: 5_000,
});

export const storageQuery = queryOptions({
  queryKey: ["storage"],
  queryFn: ({ signal }) => dataOf(api.GET("/api/storage", { signal })),
  refetchInterval: 30_000,
});

/** Who is signed in; asked once, as it changes with a new page. */
export const accessQuery = queryOptions({
  queryKey: ["access"],
  queryFn: ({ signal }) => dataOf(api.GET("/api/access", { signal })),
  staleTime: 60_000,
});

export const healthQuery = queryOptions({
  queryKey: ["health"],
  queryFn: ({ signal }) => dataOf(api.GET("/api/health", { signal })),
  refetchInterval: 15_000,
});

/** Lines of a log that the page holds at a time, the newest. */
export const MOST_LINES = 2_000;

export const logQuery = (id: string, level: "info" | "warning" | "error" | undefined, q: string) =>
  queryOptions({
    queryKey: ["log", id, level, q],
    queryFn: ({ signal }) =>
      dataOf(
        api.GET("/api/runs/{run_id}/log", {
          params: { path: { run_id: id }, query: { level, q, tail: true, limit: MOST_LINES } },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
  });

/** So often the process of a run that trains is measured. */
export const SYSTEM_SECONDS = 5;

export const systemQuery = (id: string) =>
  queryOptions({
    queryKey: ["system", id],
    queryFn: ({ signal }) =>
      dataOf(
        api.GET("/api/runs/{run_id}/system", {
          params: { path: { run_id: id }, query: { points: 10 } },
          signal,
        }),
      ),
  });

export const artifactsQuery = (id: string) =>
  queryOptions({
    queryKey: ["artifacts", id],
    queryFn: ({ signal }) =>
      dataOf(api.GET("/api/runs/{run_id}/artifacts", { params: { path: { run_id: id } }, signal })),
  });

export const maskIndexQuery = (id: string) =>
  queryOptions({
    queryKey: ["masks", id],
    queryFn: ({ signal }) =>
      dataOf(api.GET("/api/runs/{run_id}/masks", { params: { path: { run_id: id } }, signal })),
  });

/** The masks of two runs of one network after a task, in numbers. */
export const masksBesideQuery = (id: string, other: string, task: number) =>
  queryOptions({
    queryKey: ["masks", id, "beside", other, task],
    queryFn: ({ signal }) =>
      dataOf(
        api.GET("/api/runs/{run_id}/masks/beside", {
          params: { path: { run_id: id }, query: { run: other, task } },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
    retry: false,
  });

export interface UnitsWanted {
  task: number;
  layer: string;
  of: ArrayKind;
  round?: number;
  first: number;
  count: number;
}

export const unitsQuery = (id: string, { task, layer, ...query }: UnitsWanted) =>
  queryOptions({
    queryKey: ["units", id, task, layer, query],
    queryFn: ({ signal }) =>
      dataOf(
        api.GET("/api/runs/{run_id}/masks/{task}/{layer}/units", {
          params: { path: { run_id: id, task, layer }, query },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
  });

/** What pruning more or less would do to the network as a task's end left it; of the newest without a task. */
export const whatIfQuery = (id: string, task: number | undefined) =>
  queryOptions({
    queryKey: ["whatif", id, task],
    queryFn: ({ signal }) =>
      dataOf(
        api.GET("/api/runs/{run_id}/whatif", {
          params: { path: { run_id: id }, query: { task } },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
  });

/** Which figures the server can draw; a new one appears on the page by itself. */
export const figuresQuery = queryOptions({
  queryKey: ["figures"],
  queryFn: ({ signal }) => dataOf(api.GET("/api/figures", { signal })),
  staleTime: Number.POSITIVE_INFINITY,
});

export const comparisonQuery = (keys: string[], baseline: string | undefined, colors?: string) =>
  queryOptions({
    queryKey: ["compare", keys, baseline, colors],
    queryFn: ({ signal }) =>
      dataOf(api.GET("/api/compare", { params: { query: { run: keys, baseline, colors } }, signal })),
    placeholderData: keepPreviousData,
  });

/** A table of a comparison, as the server takes it. */
export type TableWanted = Omit<
  NonNullable<paths["/api/compare/table"]["get"]["parameters"]["query"]>,
  "run" | "baseline"
>;

export function tableAddress(keys: string[], baseline: string | undefined, wanted: TableWanted): string {
  return `${ROOT}/api/compare/table${stringifySearch({ run: keys, baseline, ...explicit(wanted) })}`;
}

/** What is off has to be said: the address leaves out what is false. */
function explicit(wanted: TableWanted): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(wanted).map(([name, value]) => [name, typeof value === "boolean" ? String(value) : value]),
  );
}

export const tableQuery = (keys: string[], baseline: string | undefined, wanted: TableWanted) =>
  queryOptions({
    queryKey: ["compare", "table", keys, baseline, wanted],
    queryFn: ({ signal }) =>
      dataOf(
        api.GET("/api/compare/table", {
          params: { query: { run: keys, baseline, ...wanted } },
          parseAs: "text",
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
  });

export interface FigureParams {
  layer?: string;
  task?: number;
  before?: number;
  round?: number;
  of?: ArrayKind;
  rows?: string;
  cols?: string;
  size?: number;
  order?: "density" | "cluster";
  layout?: "filters";
  points?: number;
  /** Options of its own that a figure declares. */
  [option: string]: string | number | boolean | undefined;
}

/** The bytes that a figure came as, so that an unchanged one is not drawn again. */
const drawnBytes = new Map<string, { bytes: Uint8Array; figure: FigureData }>();
const KEPT_FIGURES = 60;
const BYTES = "application/octet-stream";

function same(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, place) => byte === other[place]);
}

async function fetchFigure(address: string, signal: AbortSignal): Promise<FigureData> {
  let response: Response;
  try {
    response = await fetch(address, { signal, headers: { Accept: `application/json, ${BYTES}` } });
  } catch (failure) {
    if (signal.aborted) throw failure;
    throw new Unreachable();
  }
  const buffer = await response.arrayBuffer();
  const bytes = new Uint8Array(buffer);
  if (!response.ok) throw new ApiError(response.status, parsed(new TextDecoder().decode(bytes)));
  const before = drawnBytes.get(address);
  if (before && same(before.bytes, bytes)) return before.figure;
  const figure =
    response.headers.get("Content-Type") === BYTES
      ? decoded(buffer)
      : (JSON.parse(new TextDecoder().decode(bytes)) as FigureData);
  drawnBytes.delete(address);
  drawnBytes.set(address, { bytes, figure });
  const oldest = drawnBytes.keys().next().value;
  if (drawnBytes.size > KEPT_FIGURES && oldest !== undefined) drawnBytes.delete(oldest);
  return figure;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function figureAddress(name: string, runs: string[], params: FigureParams, theme: string): string {
  const query = new URLSearchParams(runs.map((run) => ["run", run]));
  query.set("theme", theme);
  for (const [key, value] of Object.entries(params)) {
    if (value !== undefined) query.set(key, String(value));
  }
  return `${ROOT}/api/figures/${encodeURIComponent(name)}?${query}`;
}

export const figureQuery = (name: string, runs: string[], params: FigureParams, theme: string) =>
  queryOptions({
    queryKey: ["figure", name, runs, params, theme],
    queryFn: ({ signal }) => fetchFigure(figureAddress(name, runs, params, theme), signal),
    structuralSharing: false,
    placeholderData: keepPreviousData,
  });
