import { useQuery } from "@tanstack/react-query";
import { figuresQuery } from "../api/queries";
import type { Run } from "../api/types";
import { Figure } from "../plot/Figure";
import classes from "./RunPage.module.css";

/** The figures that have places of their own on this page. */
const ELSEWHERE: ReadonlySet<string> = new Set([
  "forgetting_curve",
  "accuracy_matrix",
  "forgetting",
  "average_accuracy",
  "loss",
  "mask_heatmap",
  "mask_difference",
  "capacity",
]);

const NEEDS_CHOICE: ReadonlySet<string> = new Set(["layer", "task", "round", "of", "rows", "cols", "before"]);

/** What is freed, kept and taken again. Figures that the server adds appear here by themselves. */
export function CapacityTab({ run }: { run: Run }) {
  const { data } = useQuery(figuresQuery);
  const others = (data?.items ?? []).filter(
    (figure) =>
      !ELSEWHERE.has(figure.name) &&
      !figure.compares &&
      !figure.params.some((name) => NEEDS_CHOICE.has(name)),
  );
  return (
    <div className={classes.stack}>
      <Figure
        name="capacity"
        title="Parameters free and consolidated, by layer"
        runs={[run.id]}
        height="clamp(320px, 46vh, 640px)"
      />
      <div className={classes.halves}>
        {others.map(({ name, title }) => (
          <Figure key={name} name={name} title={title} runs={[run.id]} height="320px" />
        ))}
      </div>
    </div>
  );
}
