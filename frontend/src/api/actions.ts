/** What a person can do to runs, with the caches kept in step. */

import { type QueryClient, useMutation, useQueryClient } from "@tanstack/react-query";
import type { Spec } from "../form/draft";
import { api, dataOf } from "./client";
import type { components } from "./schema";
import type { Moved, Project, Run, SavedView } from "./types";

type SpecInput = components["schemas"]["RunSpec-Input"];
export type RunEdit = components["schemas"]["RunEdit"];

const at = (id: string) => ({ params: { path: { run_id: id } } });

/** In a project, by its id, or in that of its parent, else in Unsorted. */
export const submitRun = (spec: Spec, key: string, project?: string, parent?: string): Promise<Run> =>
  dataOf(
    api.POST("/api/runs", {
      body: spec as unknown as SpecInput,
      params: { query: { project, parent }, header: { "idempotency-key": key } },
    }),
  );

export const previewRun = (spec: Spec, parent: string | undefined, signal: AbortSignal) =>
  dataOf(
    api.POST("/api/preview", { body: spec as unknown as SpecInput, params: { query: { parent } }, signal }),
  );

export interface SweepWanted {
  spec: Spec;
  grid: Record<string, number[]>;
  seeds: number[];
  name: string;
}

export const submitSweep = ({ spec, ...rest }: SweepWanted, key: string, project?: string) =>
  dataOf(
    api.POST("/api/sweeps", {
      body: { spec: spec as unknown as SpecInput, ...rest },
      params: { query: { project }, header: { "idempotency-key": key } },
    }),
  );

/** Seeds that are there already are not queued again. */
export const queueSeeds = (wanted: components["schemas"]["MoreSeeds"][]) =>
  dataOf(api.POST("/api/compare/seeds", { body: { wanted } }));

export const cancelRun = (id: string): Promise<Run> => dataOf(api.POST("/api/runs/{run_id}/cancel", at(id)));
export const retryRun = (id: string): Promise<Run> => dataOf(api.POST("/api/runs/{run_id}/retry", at(id)));
export const resumeRun = (id: string): Promise<Run> => dataOf(api.POST("/api/runs/{run_id}/resume", at(id)));
export const deleteRun = (id: string) => dataOf(api.DELETE("/api/runs/{run_id}", at(id)));
export const restoreRun = (id: string) => dataOf(api.POST("/api/runs/{run_id}/restore", at(id)));
export const editRun = (id: string, edit: RunEdit): Promise<Run> =>
  dataOf(api.PATCH("/api/runs/{run_id}", { ...at(id), body: edit }));

const ofProject = (id: string) => ({ params: { path: { project_id: id } } });

export const makeProject = (name: string, description = ""): Promise<Project> =>
  dataOf(api.POST("/api/projects", { body: { name, description } }));
export const editProject = (id: string, edit: components["schemas"]["ProjectEdit"]): Promise<Project> =>
  dataOf(api.PATCH("/api/projects/{project_id}", { ...ofProject(id), body: edit }));
export const deleteProject = (id: string) => dataOf(api.DELETE("/api/projects/{project_id}", ofProject(id)));

/** As many as the server takes in one request. */
const KEYS_AT_ONCE = 1_000;

/** Moves runs, and groups by their keys, into a project. Answers where each run was. */
export async function moveRuns(project: string, keys: readonly string[]): Promise<Moved["came_from"]> {
  const before: Moved["came_from"] = [];
  for (let from = 0; from < keys.length; from += KEYS_AT_ONCE) {
    const body = { keys: keys.slice(from, from + KEYS_AT_ONCE), listed: false };
    const moved = await dataOf(api.POST("/api/projects/{project_id}/runs", { ...ofProject(project), body }));
    before.push(...moved.came_from);
  }
  return before;
}

const ofView = (id: string) => ({ params: { path: { view_id: id } } });

export const saveView = (view: components["schemas"]["NewView"]): Promise<SavedView> =>
  dataOf(api.POST("/api/views", { body: view }));
export const editView = (id: string, edit: components["schemas"]["ViewEdit"]): Promise<SavedView> =>
  dataOf(api.PATCH("/api/views/{view_id}", { ...ofView(id), body: edit }));
export const deleteView = (id: string) => dataOf(api.DELETE("/api/views/{view_id}", ofView(id)));

export function refreshLists(client: QueryClient): void {
  for (const key of ["runs", "groups", "queue", "projects"])
    void client.invalidateQueries({ queryKey: [key] });
}

/** A change to one run: its answer goes into the cache, lists ask again. */
export function useRunAction(action: (id: string) => Promise<Run>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: action,
    onSuccess: (run) => {
      client.setQueryData(["run", run.id], run);
      refreshLists(client);
    },
  });
}
