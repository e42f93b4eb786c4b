import { Skeleton } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import { messageOf } from "../api/client";
import { SYSTEM_SECONDS, systemQuery } from "../api/queries";
import type { Run } from "../api/types";
import { PlacedFigures } from "../plot/PlacedFigures";
import type { Placed } from "../plot/placed";
import { Message } from "../shell/Message";
import page from "./RunPage.module.css";

/** Figures that only a card can fill. */
const OF_A_CARD: ReadonlySet<string> = new Set(["system_gpu", "system_gpu_memory", "system_power"]);

/** What the run's process takes of its machine: processor, memory, card and disk. */
export function SystemTab({ run }: { run: Run }) {
  const runs = useMemo(() => [run.id], [run.id]);
  const training = run.status === "running";
  const query = useQuery({
    ...systemQuery(run.id),
    refetchInterval: training ? SYSTEM_SECONDS * 1_000 : false,
  });
  useFreshFigures(run.id, query.data && query.dataUpdatedAt);
  const system = query.data;
  if (query.error && !system)
    return (
      <Message title="What the run's process takes could not be read" tone="danger">
        {messageOf(query.error)}
      </Message>
    );
  if (!system) return <Skeleton height={560} radius={6} role="status" aria-label="Loading" />;
  if (system.items.length === 0)
    return (
      <p className="quiet" data-testid="system">
        {run.status === "queued"
          ? "The run has not begun. From then on its process is measured every few seconds."
          : training
            ? "Its process has not been measured yet."
            : `${system.sentence} Runs of earlier versions were not.`}
      </p>
    );
  const shown = ({ figure }: Placed) => system.gpu || !OF_A_CARD.has(figure.name);
  return (
    <div className={page.stack} data-testid="system">
      <p className={page.lead}>{system.sentence}</p>
      <PlacedFigures tab="system" runs={runs} run={run} shown={shown} />
    </div>
  );
}

/** Draws the figures again with every answer: no event of the run tells of a measurement. */
function useFreshFigures(run: string, answered: number | undefined) {
  const client = useQueryClient();
  useEffect(() => {
    if (!answered) return;
    void client.invalidateQueries({
      predicate: ({ queryKey: [what, name, runs] }) =>
        what === "figure" && String(name).startsWith("system_") && Array.isArray(runs) && runs.includes(run),
    });
  }, [client, run, answered]);
}
