import { useMemo } from "react";
import type { Run } from "../api/types";
import { MaskPanel } from "../masks/MaskPanel";
import { Figure } from "../plot/Figure";
import { FIRST_FIGURE, OVERVIEW_POINTS } from "./first";
import classes from "./RunPage.module.css";

/** The whole story at once: what is forgotten, on which tasks, what is freed, which parameters. */
export function Overview({ run }: { run: Run }) {
  // The same array as long as it is the same run, so that a figure is drawn again for its own data alone.
  const runs = useMemo(() => [run.id], [run.id]);
  return (
    <div className={classes.stack}>
      <div className={classes.grid}>
        <Figure
          name={FIRST_FIGURE}
          title="Accuracy of every task, over training"
          runs={runs}
          params={OVERVIEW_POINTS}
        />
        <Figure name="accuracy_matrix" title="Accuracy matrix" runs={runs} />
        <Figure name="capacity" title="Parameters free and consolidated" runs={runs} />
        <MaskPanel run={run} />
      </div>
      <div className={classes.halves}>
        <Figure name="loss" title="Loss" runs={runs} params={OVERVIEW_POINTS} height="260px" />
        <Figure name="forgetting" title="Forgetting per task" runs={runs} height="260px" />
      </div>
    </div>
  );
}
