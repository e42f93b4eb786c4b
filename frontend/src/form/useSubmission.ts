import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useRef, useState } from "react";
import { refreshLists, submitRun, submitSweep } from "../api/actions";
import { ApiError, type Problem } from "../api/client";
import { newKey } from "../api/key";
import type { Run } from "../api/types";
import { say } from "../shell/toast";
import { combinations, type Reading } from "./draft";

/** Of a sweep, which goes in front of what each run varies. */
const LONGEST_NAME = 150;

type Result = { run: Run } | { group: string; count: number };

interface Submission {
  submit: () => void;
  /** Sent, or on its way. */
  isBusy: boolean;
  /** What went wrong that belongs to no field. */
  failure: Error | null;
  /** What the server refused, by field. */
  refused: Problem[];
  /** What was said of a field, or of its part, no longer holds once it is edited; without one, of any. */
  forget: (path?: string) => void;
}

/** Sends a run, or a sweep where fields hold several values, and goes to where it can be watched. */
export function useSubmission(
  { spec, grid }: Reading,
  project: string | undefined,
  source?: Run,
): Submission {
  const navigate = useNavigate();
  const client = useQueryClient();
  const [refused, setRefused] = useState<Problem[]>([]);
  // Made once per opening of the form: however often it is sent, the server makes one run of it.
  const key = useRef(newKey());
  const sending = useMutation({
    mutationFn: async (): Promise<Result> => {
      if (combinations(grid) === 1) return { run: await submitRun(spec, key.current, project, source?.id) };
      const { seed: seeds = [], ...rest } = grid;
      const sweep = await submitSweep(
        { spec, grid: rest, seeds, name: String(spec.name || (source?.name ?? "")).slice(0, LONGEST_NAME) },
        key.current,
        project,
      );
      return { group: sweep.group_id, count: sweep.items.length };
    },
    onSuccess: (result) => {
      refreshLists(client);
      if ("run" in result) {
        client.setQueryData(["run", result.run.id], result.run);
        void navigate({ to: "/runs/$id", params: { id: result.run.id } });
      } else {
        say(`${result.count} runs queued.`);
        void navigate({ to: "/", search: { group: result.group, project } });
      }
    },
    onError: (failure) => {
      setRefused(failure instanceof ApiError ? failure.problems.map(inTheForm) : []);
      key.current = failure instanceof ApiError ? newKey() : key.current;
    },
  });
  const isOfFields = sending.error instanceof ApiError && sending.error.problems.length > 0;
  return {
    submit: () => sending.mutate(),
    isBusy: sending.isPending || sending.isSuccess,
    failure: isOfFields ? null : sending.error,
    refused,
    forget: (path) => {
      setRefused((before) =>
        path === undefined
          ? []
          : before.filter(({ field }) => field !== path && !field.startsWith(`${path}.`)),
      );
      sending.reset();
    },
  };
}

/** A sweep's problems are told in the sweep's terms: `spec.strategy.lam`, `grid.strategy.lam.0`, `seeds.2`. */
function inTheForm({ field, message }: Problem): Problem {
  const path = field.replace(/^spec\./, "").replace(/^seeds\b.*/, "seed");
  return { field: path.replace(/^grid\.(.*?)(\.\d+)?$/, "$1"), message };
}
