import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  type RouteComponent,
} from "@tanstack/react-router";
import { parse } from "valibot";
import { cache } from "./api/cache";
import { figureQuery, figuresQuery, runQuery } from "./api/queries";
import { paramsOf, placedOn } from "./plot/placed";
import { ROOT } from "./root";
import { RunsPage } from "./runs/RunsPage";
import { viewSearch } from "./runs/view";
import { compareSearch, newSearch, parseSearch, reportsSearch, runSearch, stringifySearch } from "./search";
import { Crash } from "./shell/Crash";
import { NotFound } from "./shell/NotFound";
import { persistently } from "./shell/persistently";
import { Shell } from "./shell/Shell";

/** As scheme.js has set it before anything was loaded. */
function schemeNow(): "light" | "dark" {
  return document.documentElement.getAttribute("data-mantine-color-scheme") === "dark" ? "dark" : "light";
}

/** A page that is fetched when it is first gone to. */
function page<M, N extends keyof M & string>(load: () => Promise<M>, name: N) {
  return lazyRouteComponent(() => persistently(load) as Promise<Record<string, RouteComponent>>, name);
}

const root = createRootRoute({ component: Shell, notFoundComponent: NotFound });

const runs = createRoute({
  getParentRoute: () => root,
  path: "/",
  validateSearch: viewSearch,
  component: RunsPage,
});

const newRun = createRoute({
  getParentRoute: () => root,
  path: "/new",
  validateSearch: newSearch,
  component: page(() => import("./form/NewRunPage"), "NewRunPage"),
});

const newStudy = createRoute({
  getParentRoute: () => root,
  path: "/studies/new",
  component: page(() => import("./study/NewStudyPage"), "NewStudyPage"),
});

const study = createRoute({
  getParentRoute: () => root,
  path: "/studies/$id",
  component: page(() => import("./study/StudyPage"), "StudyPage"),
});

const search = createRoute({
  getParentRoute: () => root,
  path: "/searches/$id",
  component: page(() => import("./study/SearchPage"), "SearchPage"),
});

/** The figures that the eye goes to first, asked for before the page's code is there. */
async function prefetchFirstFigures(run: string): Promise<void> {
  const { items } = await cache.ensureQueryData(figuresQuery);
  const eager = placedOn(items, "overview").filter(({ place }) => place.eager);
  for (const placed of eager)
    void cache.prefetchQuery(figureQuery(placed.figure.name, [run], paramsOf(placed, {}), schemeNow()));
}

const run = createRoute({
  getParentRoute: () => root,
  path: "/runs/$id",
  validateSearch: runSearch,
  component: page(() => import("./run/RunPage"), "RunPage"),
  // Asked for while the page's code still loads. A mere look at a link asks for no figure.
  loader: ({ params, location, cause }) => {
    void cache.prefetchQuery(runQuery(params.id));
    // A failure is told where the figures stand.
    if (cause === "enter" && parse(runSearch, location.search).tab === undefined)
      prefetchFirstFigures(params.id).catch(() => {});
    else void cache.prefetchQuery(figuresQuery);
  },
});

const compare = createRoute({
  getParentRoute: () => root,
  path: "/compare",
  validateSearch: compareSearch,
  component: page(() => import("./compare/ComparePage"), "ComparePage"),
});

const workers = createRoute({
  getParentRoute: () => root,
  path: "/workers",
  component: page(() => import("./workers/WorkersPage"), "WorkersPage"),
});

const reports = createRoute({
  getParentRoute: () => root,
  path: "/reports",
  validateSearch: reportsSearch,
  component: page(() => import("./reports/ReportsPage"), "ReportsPage"),
});

const report = createRoute({
  getParentRoute: () => root,
  path: "/reports/$id",
  component: page(() => import("./reports/ReportPage"), "ReportPage"),
});

const numbers = createRoute({
  getParentRoute: () => root,
  path: "/numbers",
  component: page(() => import("./numbers/NumbersPage"), "NumbersPage"),
});

const access = createRoute({
  getParentRoute: () => root,
  path: "/access",
  component: lazyRouteComponent(() => import("./access/AccessPage"), "AccessPage"),
});

const notifications = createRoute({
  getParentRoute: () => root,
  path: "/notifications",
  component: page(() => import("./notify/NotificationsPage"), "NotificationsPage"),
});

export const router = createRouter({
  routeTree: root.addChildren([
    runs,
    newRun,
    newStudy,
    study,
    search,
    run,
    compare,
    workers,
    reports,
    report,
    numbers,
    access,
    notifications,
  ]),
  basepath: ROOT || "/",
  defaultErrorComponent: Crash,
  defaultPreload: "intent",
  scrollRestoration: true,
  parseSearch,
  stringifySearch,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
