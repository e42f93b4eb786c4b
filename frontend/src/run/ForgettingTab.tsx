import { useMemo } from "react";
import type { Run } from "../api/types";
import { PlacedFigures } from "../plot/PlacedFigures";

/** Curves, matrix, and forgetting per task, with room. */
export function ForgettingTab({ run }: { run: Run }) {
  const runs = useMemo(() => [run.id], [run.id]);
  return <PlacedFigures tab="forgetting" runs={runs} run={run} />;
}
