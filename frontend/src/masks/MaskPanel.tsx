import { Select } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { maskIndexQuery } from "../api/queries";
import type { Run } from "../api/types";
import { Figure } from "../plot/Figure";
import { count } from "../text/numbers";
import { layersIn, stepInWords, stepsOf } from "./steps";

/** More moments than these are found by typing. */
const MANY = 24;

/** The mask of one layer on the overview: of the last task that was pruned, or the one that was picked. */
export function MaskPanel({ run }: { run: Run }) {
  const { layer, task, round } = useSearch({ from: "/runs/$id" });
  const navigate = useNavigate({ from: "/runs/$id" });
  const { data: index } = useQuery(maskIndexQuery(run.id));
  const items = index?.items ?? [];
  const layers = layersIn(items);
  const shown = layer ?? layers[0]?.layer;
  const steps = shown ? stepsOf(items, shown) : [];
  const kinds = items.find((item) => item.layer === shown)?.kinds ?? [];
  // A strategy without masks may still have measured importance.
  const kind = items.some((item) => item.kinds.includes("mask")) ? undefined : kinds[0];
  const picked = task === undefined ? null : `${task}/${round ?? ""}`;
  return (
    <Figure
      name="mask_heatmap"
      title={kind ? "Importance" : "Mask"}
      runs={[run.id]}
      params={{ layer: shown, task, round, of: kind }}
      ready={shown !== undefined}
      waiting={index?.sentence ?? "Masks are recorded at the end of each task and pruning round."}
      controls={
        layers.length > 0 && (
          <>
            <Select
              aria-label="Layer"
              w={124}
              value={shown ?? null}
              allowDeselect={false}
              onChange={(next) =>
                void navigate({
                  search: (before) => ({ ...before, layer: next ?? undefined }),
                  replace: true,
                })
              }
              data={layers.map(({ layer: name }) => ({ value: name, label: name }))}
              renderOption={({ option }) => (
                <span style={{ display: "flex", gap: 10, width: "100%" }}>
                  <span style={{ flex: 1 }}>{option.label}</span>
                  <span className="quiet">
                    {layers
                      .find(({ layer: name }) => name === option.value)
                      ?.shape.map(count)
                      .join(" × ")}
                  </span>
                </span>
              )}
              comboboxProps={{ width: 240, position: "bottom-end" }}
            />
            <Select
              aria-label="Task and round"
              w={128}
              searchable={steps.length > MANY}
              placeholder="last pruned"
              clearable
              value={steps.some((step) => `${step.task}/${step.round}` === picked) ? picked : null}
              onChange={(next) => {
                const [nextTask, nextRound] = (next ?? "")
                  .split("/")
                  .map((part) => (part ? Number(part) : undefined));
                void navigate({
                  search: (before) => ({ ...before, task: nextTask, round: nextRound }),
                  replace: true,
                });
              }}
              data={steps.map((step) => ({ value: `${step.task}/${step.round}`, label: stepInWords(step) }))}
              comboboxProps={{ width: 160, position: "bottom-end" }}
            />
          </>
        )
      }
    />
  );
}
