import { useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import type { Run } from "../api/types";
import { PlacedFigures } from "../plot/PlacedFigures";

/** Curves, matrix, and forgetting per task, with room. */
export function ForgettingTab({ run }: { run: Run }) {
  const { lines } = useSearch({ from: "/runs/$id" });
  const navigate = useNavigate({ from: "/runs/$id" });
  const runs = useMemo(() => [run.id], [run.id]);
  const given = useMemo(() => ({ lines }), [lines]);
  return (
    <PlacedFigures
      tab="forgetting"
      runs={runs}
      run={run}
      given={given}
      onGiven={(name, value) =>
        void navigate({ search: (before) => ({ ...before, [name]: value }), replace: true })
      }
    />
  );
}
