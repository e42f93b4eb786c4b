/** The loaded pages of a list, changed in place as runs change: what was scrolled past is not asked for again. */

import type { InfiniteData } from "@tanstack/react-query";
import type { RunsFilter } from "../api/queries";
import type { components } from "../api/schema";
import type { RunSummary } from "../api/types";

export type RunPage = components["schemas"]["RunPage"];
export type Pages = InfiniteData<RunPage, string | null>;

export function rowsIn(data: Pages): number {
  return data.pages.reduce((sum, page) => sum + page.items.length, 0);
}

function fits(run: RunSummary, filter: RunsFilter): boolean {
  const moved = filter.project !== undefined && filter.project !== run.project_id;
  return (
    !moved && (filter.status?.includes(run.status) ?? true) && run.archived === (filter.archived ?? false)
  );
}

/** With the fresh rows in the place of the old; without those that are gone or no longer match. */
export function changed(
  data: Pages,
  filter: RunsFilter,
  fresh: ReadonlyMap<string, RunSummary>,
  gone: ReadonlySet<string>,
): Pages {
  const before = rowsIn(data);
  const pages = data.pages.map((page) => ({
    ...page,
    items: page.items
      .map((run) => fresh.get(run.id) ?? run)
      .filter((run) => !gone.has(run.id) && (!fresh.has(run.id) || fits(run, filter))),
  }));
  const left = before - rowsIn({ ...data, pages });
  return { ...data, pages: pages.map((page) => ({ ...page, total: page.total - left })) };
}

/** The first page anew, in front of what was loaded behind it. */
export function withFirst(data: Pages, first: RunPage): Pages {
  const fresh = new Set(first.items.map((run) => run.id));
  const rest = data.pages.flatMap((page) => page.items).filter((run) => !fresh.has(run.id));
  const next_cursor = data.pages.at(-1)?.next_cursor ?? null;
  const page = { items: [...first.items, ...rest], total: first.total, next_cursor };
  return { pages: [page], pageParams: [null] };
}
