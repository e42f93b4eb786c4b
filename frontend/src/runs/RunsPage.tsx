import { Button, Skeleton } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { type InfiniteData, type UseInfiniteQueryResult, useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useEffect, useMemo, useState } from "react";
import { useMayChange } from "../access/useAccess";
import { messageOf } from "../api/client";
import { runsQuery } from "../api/queries";
import type { RunPage, RunSummary, SavedView } from "../api/types";
import { ConnectionPill } from "../live/ConnectionPill";
import { useListStream } from "../live/useListStream";
import { useProjects, useRemember } from "../projects/useProject";
import { Late, late } from "../shell/Late";
import { Message } from "../shell/Message";
import { useKeys } from "../shell/useKeys";
import { plural } from "../text/numbers";
import { FirstRun } from "./FirstRun";
import { readFormats } from "./formats";
import { RunCards } from "./RunCards";
import classes from "./RunsPage.module.css";
import { RunsTable } from "./RunsTable";
import { NO_VIEW, shownBy, useSavedViews } from "./savedViews";
import { current, NOTHING, type Selection } from "./selection";
import { Toolbar } from "./Toolbar";
import { byMetric, filterOf, isFiltered, NEWEST_FIRST, SHOWN_AT_FIRST, SHOWN_WIDE, type View } from "./view";
import { useWidths } from "./widths";

const MOST_COMPARED = 50;
const NONE: readonly string[] = [];

// Not needed for the first sight of the list.
const GroupsTable = late(() => import("./GroupsTable").then((module) => module.GroupsTable));
const GroupHead = late(() => import("./GroupHead").then((module) => module.GroupHead));
const MoveDialog = late(() => import("../projects/MoveDialog").then((module) => module.MoveDialog));
const ProjectHead = late(() => import("../projects/ProjectHead").then((module) => module.ProjectHead));
const EmptyProject = late(() => import("../projects/EmptyProject").then((module) => module.EmptyProject));
const DropTray = late(() => import("../projects/DropTray").then((module) => module.DropTray));
const SelectionBar = late(() => import("./SelectionBar").then((module) => module.SelectionBar));

/** All runs, live; what is shown of them stands in the address. */
export function RunsPage() {
  const view = useSearch({ from: "/" });
  const navigate = useNavigate();
  const change = useCallback(
    (part: Partial<View>) =>
      void navigate({ to: "/", search: (before) => ({ ...before, ...part }), replace: true }),
    [navigate],
  );
  const connection = useListStream();
  const [, , takeWidths] = useWidths();
  const open = useCallback(
    (saved: SavedView | undefined) => {
      if (saved) takeWidths(saved.view.widths ?? {});
      const search = saved
        ? { ...shownBy(saved.view), project: saved.project_id ?? undefined, view: saved.id }
        : { project: view.project, view: NO_VIEW };
      void navigate({ to: "/", search, replace: true });
    },
    [navigate, takeWidths, view.project],
  );
  const saved = useSavedViews(view, open);
  const { project } = useProjects(view.project);
  useRemember(view.project);
  const mayChange = useMayChange();
  const [moving, setMoving] = useState<{ keys: string[]; what: string } | null>(null);
  const narrow = useMediaQuery("(max-width: 720px)", window.innerWidth <= 720);
  const wide = useMediaQuery("(min-width: 2200px)", window.innerWidth >= 2200);
  const columns = view.columns ?? (wide ? SHOWN_WIDE : SHOWN_AT_FIRST);
  const filter = useMemo(() => filterOf(view), [view]);
  const query = useInfiniteQuery({ ...runsQuery(filter), enabled: !view.by });
  const runs = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  const total = query.data?.pages[0]?.total;

  const [selection, setSelection] = useState<Selection>(NOTHING);
  const chosen = useMemo(() => current(selection, runs), [selection, runs]);
  useKeys({
    c: () => {
      if (chosen.length === 0 || chosen.length > MOST_COMPARED) return true;
      void navigate({ to: "/compare", search: { run: chosen.map(({ id }) => id) } });
    },
    m: () => {
      if (view.by) return true; // the groups' own
      const focused = document.activeElement?.closest<HTMLElement>("tr[data-run]")?.dataset.run;
      const runs = chosen.length > 0 ? chosen.map(({ id }) => id) : focused ? [focused] : [];
      if (!mayChange || runs.length === 0) return true;
      setMoving({ keys: runs, what: plural(runs.length, "run") });
    },
    Escape: () => setSelection(NOTHING),
  });
  const title = project?.name ?? "Runs";
  useEffect(() => {
    document.title = `${title} · ANPyC Dashboard`;
  }, [title]);

  const nothing = !view.by && total === 0 && !isFiltered(view) && !query.isPlaceholderData;
  if (nothing && !view.project) return <FirstRun />;
  return (
    <div className={classes.page}>
      <div className={classes.head}>
        {project ? (
          <Late fallback={<h1 dir="auto">{project.name}</h1>}>
            <ProjectHead key={project.id} project={project} />
          </Late>
        ) : (
          <h1>Runs</h1>
        )}
        <span className="quiet" aria-live="polite" data-testid="total">
          {!view.by && total !== undefined && plural(total, "run")}
        </span>
        {byMetric(view.sort) && (
          <span className="quiet" data-testid="order">
            {view.by ? "groups without a finished run last" : "unfinished runs last"}
          </span>
        )}
        <span className={classes.pill}>
          <ConnectionPill connection={connection} />
        </span>
      </div>
      <Toolbar
        view={view}
        columns={columns}
        filter={filter}
        runs={runs}
        saved={saved}
        onOpen={open}
        onChange={change}
        narrow={narrow}
      />
      {view.group && (
        <Late>
          <GroupHead group={view.group} onLeave={() => change({ group: undefined })} />
        </Late>
      )}
      {chosen.length > 0 && !view.by && (
        <Late>
          <SelectionBar
            chosen={chosen}
            filter={filter}
            total={total ?? chosen.length}
            onSelection={setSelection}
            onMove={(keys, what) => setMoving({ keys, what })}
          />
        </Late>
      )}
      {nothing && project ? (
        <Late>
          <EmptyProject project={project} />
        </Late>
      ) : view.by ? (
        <Late fallback={<Rows />}>
          <GroupsTable
            by={view.by === "seeds" ? "spec" : "sweep"}
            filter={filter}
            narrow={narrow}
            onSort={(sort) => change({ sort })}
            onMove={(keys, what) => setMoving({ keys, what })}
          />
        </Late>
      ) : (
        <List
          query={query}
          runs={runs}
          view={view}
          columns={columns}
          wide={wide}
          narrow={narrow}
          onChange={change}
          selection={selection}
          onSelection={setSelection}
        />
      )}
      {moving && (
        <Late>
          <MoveDialog
            keys={moving.keys}
            what={moving.what}
            onClose={() => setMoving(null)}
            onMoved={() => setSelection(NOTHING)}
          />
        </Late>
      )}
      {mayChange && !narrow && (
        <Late>
          <DropTray current={view.project} onMoved={() => setSelection(NOTHING)} />
        </Late>
      )}
    </div>
  );
}

interface ListProps {
  query: UseInfiniteQueryResult<InfiniteData<RunPage>>;
  /** Of all pages that are loaded. */
  runs: RunSummary[];
  view: View;
  columns: readonly string[];
  wide: boolean;
  narrow: boolean;
  onChange: (part: Partial<View>) => void;
  selection: Selection;
  onSelection: (selection: Selection) => void;
}

/** The runs that match, as rows or cards; or why there are none to see. */
function List({ query, runs, view, columns, wide, narrow, onChange, selection, onSelection }: ListProps) {
  const { fetchNextPage, hasNextPage, isFetchingNextPage } = query;
  const formats = useMemo(() => readFormats(view.formats), [view.formats]);
  const more = useCallback(() => {
    if (!isFetchingNextPage) void fetchNextPage();
  }, [fetchNextPage, isFetchingNextPage]);
  if (query.error && !query.data)
    return (
      <Message
        title="The runs could not be read"
        tone="danger"
        actions={
          <>
            <Button onClick={() => void query.refetch()}>Try again</Button>
            {view.project && (
              <Button variant="default" renderRoot={(props) => <Link to="/" search={{}} {...props} />}>
                All runs
              </Button>
            )}
          </>
        }
      >
        {messageOf(query.error)}
      </Message>
    );
  if (!query.data) return <Rows />;
  if (runs.length === 0) return <NoMatch project={view.project} />;
  if (narrow)
    return (
      <>
        <RunCards runs={runs} />
        {hasNextPage && (
          <Button variant="default" onClick={more} loading={isFetchingNextPage} fullWidth mt="sm">
            More runs
          </Button>
        )}
      </>
    );
  return (
    <div className={classes.scroll}>
      <RunsTable
        runs={runs}
        total={query.data.pages[0]?.total ?? runs.length}
        columns={columns}
        pinned={view.pinned ?? NONE}
        formats={formats}
        onColumns={(names) => onChange({ columns: names })}
        roomy={wide}
        sort={view.sort ?? NEWEST_FIRST}
        onSort={(sort) => onChange({ sort: sort === NEWEST_FIRST ? undefined : sort })}
        selection={selection}
        onSelection={onSelection}
        hasMore={hasNextPage}
        onMore={more}
      />
      {hasNextPage && (
        <p className={`quiet ${classes.more}`} role="status">
          {isFetchingNextPage ? "More runs are loading." : ""}
        </p>
      )}
    </div>
  );
}

function NoMatch({ project }: { project: string | undefined }) {
  return (
    <Message
      title="No run matches"
      actions={
        <Button
          renderRoot={(props) => <Link to="/" search={{ project, view: NO_VIEW }} {...props} />}
          variant="default"
        >
          {project ? "Show all runs of the project" : "Show all runs"}
        </Button>
      }
    >
      Nothing is lost: the filter leaves out every run {project ? "of the project" : "there is"}.
    </Message>
  );
}

function Rows() {
  return (
    <div aria-label="Runs are loading" role="status">
      {Array.from({ length: 10 }, (_, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: bars of a skeleton have nothing else.
        <Skeleton key={index} height={28} mt={10} radius={4} />
      ))}
    </div>
  );
}
