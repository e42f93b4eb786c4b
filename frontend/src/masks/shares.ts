/** What the what-if panel asks for and says, apart from how it is drawn. */

import type { WhatIfAnswer, WhatIfJob } from "../api/types";

const STEPS = Array.from({ length: 20 }, (_, step) => step / 20);

/** The job that waits or is measured, if there is one; of several the oldest. */
export function openJob(jobs: readonly WhatIfJob[]): WhatIfJob | undefined {
  return jobs.findLast((job) => job.status === "queued" || job.status === "running");
}

/** The measured point at a share of whole percent. */
export function pointAt(
  points: WhatIfAnswer["points"],
  share: number,
): WhatIfAnswer["points"][number] | undefined {
  return points.find((point) => Math.abs(point.share - share) < 0.0005);
}

/** The whole range until it is there, then the one share. The server leaves out what is measured. */
export function sharesToMeasure(known: WhatIfAnswer, share: number): number[] {
  const whole = STEPS.every((step) => pointAt(known.points, step));
  return whole
    ? [share]
    : [...STEPS, ...(STEPS.some((step) => Math.abs(step - share) < 0.0005) ? [] : [share])];
}

/** Where a job stands. */
export function jobInWords(job: WhatIfJob): { text: string; failed: boolean } {
  const done = `${job.done} of ${job.shares.length} shares`;
  switch (job.status) {
    case "queued": {
      const again = job.attempt > 0 ? "Its worker was lost; what was measured is kept. " : "";
      return { text: `${again}Queued · ${(job.reason ?? "").replaceAll("`", "")}`, failed: false };
    }
    case "running":
      return {
        text: `Measuring task ${job.task}'s end · ${done}${job.attempt > 1 ? ` · attempt ${job.attempt}` : ""}`,
        failed: false,
      };
    case "failed":
      return { text: `It could not be measured to the end. ${job.error?.message ?? ""}`, failed: true };
    case "cancelled":
      return { text: `Stopped at ${done}.`, failed: false };
    default:
      return { text: "", failed: false };
  }
}
