import { SegmentedControl } from "@mantine/core";
import { useState } from "react";
import type { Run } from "../api/types";
import { Figure } from "../plot/Figure";
import classes from "./RunPage.module.css";

const SMOOTHING = [
  { value: "0", label: "Raw" },
  { value: "5", label: "Smooth 5" },
  { value: "15", label: "Smooth 15" },
];

/** Curves, matrix, and forgetting and transfer per task, with room. */
export function ForgettingTab({ run }: { run: Run }) {
  const [smooth, setSmooth] = useState("0");
  const runs = [run.id];
  return (
    <div className={classes.stack}>
      <Figure
        name="forgetting_curve"
        title="Accuracy of every task, over training"
        runs={runs}
        params={smooth === "0" ? undefined : { smooth: Number(smooth) }}
        height="clamp(320px, 46vh, 640px)"
        controls={
          <SegmentedControl aria-label="Smoothing" value={smooth} onChange={setSmooth} data={SMOOTHING} />
        }
      />
      <div className={classes.halves}>
        <Figure name="accuracy_matrix" title="Accuracy matrix" runs={runs} height="380px" />
        <Figure
          name="forgetting"
          title="Forgetting and backward transfer per task"
          runs={runs}
          height="380px"
        />
        <Figure name="average_accuracy" title="Average accuracy after each task" runs={runs} height="300px" />
        <Figure name="loss" title="Loss" runs={runs} height="300px" />
      </div>
    </div>
  );
}
