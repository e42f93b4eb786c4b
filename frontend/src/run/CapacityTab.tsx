import { Select } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { figuresQuery } from "../api/queries";
import type { Run } from "../api/types";
import { Figure } from "../plot/Figure";
import classes from "./RunPage.module.css";

/** Figures with a place of their own on this page. */
const ELSEWHERE: ReadonlySet<string> = new Set([
  "forgetting_curve",
  "accuracy_matrix",
  "forgetting",
  "average_accuracy",
  "loss",
  "capacity",
  "overlap",
]);

/** What a figure may ask for besides the layer before it has a place elsewhere. */
const CHOSEN_ELSEWHERE: ReadonlySet<string> = new Set(["task", "before", "round", "of", "rows"]);

/** What is freed, kept and taken again. Figures that the server adds appear here by themselves. */
export function CapacityTab({ run }: { run: Run }) {
  const { layer } = useSearch({ from: "/runs/$id" });
  const navigate = useNavigate({ from: "/runs/$id" });
  const { data } = useQuery(figuresQuery);
  const layers = run.plan.layers.map(({ name }) => name);
  const chosen = layer && layers.includes(layer) ? layer : undefined;
  const others = (data?.items ?? []).filter(
    (figure) =>
      !ELSEWHERE.has(figure.name) &&
      !figure.compares &&
      !figure.params.some((name) => CHOSEN_ELSEWHERE.has(name)),
  );
  return (
    <div className={classes.stack}>
      <Figure
        name="capacity"
        title={chosen ? `Parameters of ${chosen}` : "Parameters free and consolidated, by layer"}
        runs={[run.id]}
        params={{ layer: chosen }}
        height="clamp(300px, 42vh, 600px)"
        controls={
          <Select
            aria-label="Layer"
            w={170}
            placeholder="all layers"
            clearable
            value={chosen ?? null}
            data={layers}
            onChange={(next) =>
              void navigate({ search: (before) => ({ ...before, layer: next ?? undefined }), replace: true })
            }
          />
        }
      />
      <div className={classes.halves}>
        {others.map(({ name, title, params }) => (
          <Figure
            key={name}
            name={name}
            title={title}
            runs={[run.id]}
            params={params.includes("layer") ? { layer: chosen } : undefined}
            height="320px"
          />
        ))}
      </div>
    </div>
  );
}
