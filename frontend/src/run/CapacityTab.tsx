import { useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import type { Run } from "../api/types";
import type { OptionValue } from "../plot/OptionControl";
import { PlacedFigures } from "../plot/PlacedFigures";

/** What is freed, kept and taken again, of all layers or the one that stands in the address. */
export function CapacityTab({ run }: { run: Run }) {
  const { layer } = useSearch({ from: "/runs/$id" });
  const navigate = useNavigate({ from: "/runs/$id" });
  const runs = useMemo(() => [run.id], [run.id]);
  const chosen = run.plan.layers.some(({ name }) => name === layer) ? layer : undefined;
  const choose = (name: string, value: OptionValue | undefined) => {
    if (name !== "layer") return;
    const next = typeof value === "string" ? value : undefined;
    void navigate({ search: (before) => ({ ...before, layer: next }), replace: true });
  };
  return <PlacedFigures tab="capacity" runs={runs} run={run} given={{ layer: chosen }} onGiven={choose} />;
}
