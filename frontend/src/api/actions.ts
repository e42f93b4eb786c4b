/** What a person can do to runs, with the caches kept in step. */

import { type QueryClient, useMutation, useQueryClient } from "@tanstack/react-query";
import type { Spec } from "../form/draft";
import { api, dataOf } from "./client";
import type { components } from "./schema";
import type { Run } from "./types";

type SpecInput = components["schemas"]["RunSpec-Input"];
export type RunEdit = components["schemas"]["RunEdit"];

const at = (id: string) => ({ params: { path: { run_id: id } } });

export const submitRun = (spec: Spec, key: string, parent?: string): Promise<Run> =>
  dataOf(
    api.POST("/api/runs", {
      body: spec as unknown as SpecInput,
      params: { header: { "idempotency-key": key }, query: { parent } },
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

export const submitSweep = ({ spec, ...rest }: SweepWanted, key: string) =>
  dataOf(
    api.POST("/api/sweeps", {
      body: { spec: spec as unknown as SpecInput, ...rest },
      params: { header: { "idempotency-key": key } },
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

export function refreshLists(client: QueryClient): void {
  for (const key of ["runs", "groups", "queue"]) void client.invalidateQueries({ queryKey: [key] });
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
