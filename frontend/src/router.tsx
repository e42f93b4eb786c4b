import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from "@tanstack/react-router";
import { RunsPage } from "./runs/RunsPage";
import { readView, type View } from "./runs/view";
import {
  type CompareSearch,
  type NewSearch,
  parseSearch,
  type RunSearch,
  readCompare,
  readNew,
  readRun,
  stringifySearch,
} from "./search";
import { Crash } from "./shell/Crash";
import { NotFound } from "./shell/NotFound";
import { Shell } from "./shell/Shell";

const root = createRootRoute({ component: Shell, notFoundComponent: NotFound });

const runs = createRoute({
  getParentRoute: () => root,
  path: "/",
  validateSearch: (search: Record<string, unknown>): View => readView(search),
  component: RunsPage,
});

const newRun = createRoute({
  getParentRoute: () => root,
  path: "/new",
  validateSearch: (search: Record<string, unknown>): NewSearch => readNew(search),
  component: lazyRouteComponent(() => import("./form/NewRunPage"), "NewRunPage"),
});

const run = createRoute({
  getParentRoute: () => root,
  path: "/runs/$id",
  validateSearch: (search: Record<string, unknown>): RunSearch => readRun(search),
  component: lazyRouteComponent(() => import("./run/RunPage"), "RunPage"),
});

const compare = createRoute({
  getParentRoute: () => root,
  path: "/compare",
  validateSearch: (search: Record<string, unknown>): CompareSearch => readCompare(search),
  component: lazyRouteComponent(() => import("./compare/ComparePage"), "ComparePage"),
});

const workers = createRoute({
  getParentRoute: () => root,
  path: "/workers",
  component: lazyRouteComponent(() => import("./workers/WorkersPage"), "WorkersPage"),
});

export const router = createRouter({
  routeTree: root.addChildren([runs, newRun, run, compare, workers]),
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
