import { Chip, Group, SegmentedControl } from "@mantine/core";
import { useMemo, useState } from "react";
import type { Run } from "../api/types";
import { Figure } from "../plot/Figure";
import classes from "./RunPage.module.css";

const SMOOTHING = [
  { value: "0", label: "Raw" },
  { value: "5", label: "Smooth 5" },
  { value: "15", label: "Smooth 15" },
];

/** More tasks than these are hidden by zooming, not one by one. */
const MOST_CHIPS = 20;

/** Curves, matrix, and forgetting per task, with room. */
export function ForgettingTab({ run }: { run: Run }) {
  const [smooth, setSmooth] = useState("0");
  const tasks = run.plan.tasks ?? 0;
  const names = useMemo(() => Array.from({ length: tasks }, (_, task) => `task ${task}`), [tasks]);
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const runs = [run.id];
  return (
    <div className={classes.stack}>
      <Figure
        name="forgetting_curve"
        title="Accuracy of every task, over training"
        runs={runs}
        params={smooth === "0" ? undefined : { smooth: Number(smooth) }}
        hidden={hidden}
        height="clamp(320px, 46vh, 640px)"
        controls={
          <SegmentedControl aria-label="Smoothing" value={smooth} onChange={setSmooth} data={SMOOTHING} />
        }
      />
      {tasks > 1 && tasks <= MOST_CHIPS && (
        <Chip.Group
          multiple
          value={names.filter((name) => !hidden.has(name))}
          onChange={(shown) => setHidden(new Set(names.filter((name) => !shown.includes(name))))}
        >
          <Group gap={4} role="group" aria-label="Tasks shown in the curves">
            {names.map((name, task) => (
              <Chip
                key={name}
                value={name}
                size="xs"
                variant="light"
                radius="sm"
                title={run.plan.task_titles[task]}
              >
                {name}
              </Chip>
            ))}
          </Group>
        </Chip.Group>
      )}
      <div className={classes.halves}>
        <Figure name="accuracy_matrix" title="Accuracy matrix" runs={runs} height="380px" />
        <Figure name="forgetting" title="Forgetting per task" runs={runs} height="380px" />
        <Figure name="average_accuracy" title="Average accuracy after each task" runs={runs} height="300px" />
        <Figure name="loss" title="Loss" runs={runs} height="300px" />
      </div>
    </div>
  );
}
