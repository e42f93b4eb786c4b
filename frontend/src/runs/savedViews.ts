/** Saved views: what of the address they hold, and when one of them is opened. */

import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { viewQuery, viewsQuery } from "../api/queries";
import type { SavedView, ViewContent } from "../api/types";
import { readFormats, writeFormats } from "./formats";
import type { View } from "./view";
import type { Widths } from "./widths";

/** In the address in place of a view's id: not even the default view is opened. */
export const NO_VIEW = "none";

type Shown = Omit<View, "project" | "view" | "group">;

const some = <T>(items: readonly T[] | undefined) => (items?.length ? [...items] : undefined);

/** What the address shows, as it is saved; widths of the shown columns only. */
export function contentOf(view: View, widths: Widths = {}): ViewContent {
  const shown = new Set<string>(view.columns ?? Object.keys(widths));
  return {
    status: view.status ?? [],
    strategy: view.strategy ?? [],
    benchmark: view.benchmark ?? [],
    dataset: view.dataset ?? [],
    tag: view.tag ?? [],
    archived: view.archived ?? false,
    q: view.q ?? "",
    filter: view.filter ?? "",
    sort: view.sort ?? "",
    columns: view.columns ?? [],
    pinned: view.pinned ?? [],
    widths: Object.fromEntries(Object.entries(widths).filter(([name]) => shown.has(name))),
    formats: readFormats(view.formats),
    by: view.by ?? "",
  };
}

/** A saved view as it stands in the address. */
export function shownBy(content: ViewContent): Shown {
  return {
    status: some(content.status),
    strategy: some(content.strategy),
    benchmark: some(content.benchmark),
    dataset: some(content.dataset),
    tag: some(content.tag),
    archived: content.archived || undefined,
    q: content.q || undefined,
    filter: content.filter || undefined,
    sort: content.sort || undefined,
    columns: some(content.columns),
    pinned: some(content.pinned),
    formats: writeFormats(content.formats ?? {}),
    by: content.by || undefined,
  };
}

/** Whether the address says of nothing how it is shown: a project, or a view, is just being opened. */
export function isBare(view: View): boolean {
  const { project: _project, view: _view, ...rest } = view;
  return Object.values(rest).every((value) => value === undefined);
}

/** Whether two show the same; widths are each reader's own. */
export function isSame(one: ViewContent, other: ViewContent): boolean {
  return plain(one) === plain(other);
}

function plain(content: ViewContent): string {
  const { widths: _widths, formats, ...rest } = content;
  const known = Object.entries({ ...rest, formats: Object.entries(formats ?? {}).sort() });
  return JSON.stringify(known.sort(([a], [b]) => a.localeCompare(b)));
}

interface Opened {
  /** The views of the open project, or of all runs. */
  views: readonly SavedView[];
  opened: SavedView | undefined;
  /** Whether what is shown is not what was saved any more. */
  changed: boolean;
  /** A link led to a view that is not there. */
  gone: boolean;
}

/** The view that is open. A link to one, or a project with a default view, opens it once. */
export function useSavedViews(view: View, open: (saved: SavedView) => void): Opened {
  const named = view.view === NO_VIEW ? undefined : view.view;
  const list = useQuery(viewsQuery(view.project));
  const one = useQuery({ ...viewQuery(named ?? ""), enabled: named !== undefined });
  const views = list.data?.items ?? [];
  const opened = named === undefined ? undefined : (views.find(({ id }) => id === named) ?? one.data);
  const wanted = view.view === undefined ? views.find(({ is_default }) => is_default) : opened;
  const known = view.view === undefined ? list.isSuccess : opened !== undefined;
  const place = `${view.project ?? ""}/${view.view ?? ""}`;
  const last = useRef<string | null>(null);
  const bare = isBare(view);
  const latest = useRef(open);
  latest.current = open;
  useEffect(() => {
    if (last.current === place) return;
    // What is shown already was chosen: by whoever sent the link, or by going back.
    if (!bare) last.current = place;
    else if (known) {
      last.current = place;
      if (wanted) latest.current(wanted);
    }
  }, [place, bare, known, wanted]);
  return {
    views,
    opened,
    changed: opened !== undefined && !isSame(contentOf(view), opened.view),
    gone: one.isError && opened === undefined,
  };
}
