import { describe, expect, it } from "vitest";
import type { WhatIfAnswer, WhatIfJob } from "../api/types";
import { jobInWords, openJob, pointAt, sharesToMeasure } from "./shares";

const job = (part: Partial<WhatIfJob>): WhatIfJob => ({
  id: "J",
  task: 1,
  status: "queued",
  shares: [0, 0.5],
  done: 0,
  attempt: 0,
  worker: null,
  reason: null,
  error: null,
  created_at: "2026-01-01T00:00:00Z",
  started_at: null,
  finished_at: null,
  ...part,
});

const known = (shares: number[]): WhatIfAnswer => ({
  task: 1,
  stored: [],
  points: shares.map((share) => ({ share, accuracy: { "0": 0.9 }, mean: 0.9, zeros: share })),
  chosen: null,
  ranked_by: null,
  images: null,
  jobs: [],
  sentence: "",
  closed: "",
});

const WHOLE = Array.from({ length: 20 }, (_, step) => step / 20);

describe("what is to be measured", () => {
  it("is the whole range and the slider's share until the range is there", () => {
    expect(sharesToMeasure(known([]), 0.63)).toEqual([...WHOLE, 0.63]);
    expect(sharesToMeasure(known([0, 0.5]), 0.63)).toHaveLength(21);
    expect(sharesToMeasure(known([]), 0.35)).toEqual(WHOLE);
  });

  it("is the one share afterwards", () => {
    expect(sharesToMeasure(known(WHOLE), 0.63)).toEqual([0.63]);
  });

  it("finds a point in spite of rounding", () => {
    expect(pointAt(known([0.15]).points, 0.1 + 0.05)?.share).toBe(0.15);
    expect(pointAt(known([0.15]).points, 0.16)).toBeUndefined();
  });
});

describe("where a job stands", () => {
  it("says what it waits for, without marks of code", () => {
    const reason = "waiting: no worker online. Start one with `anpyc worker`.";
    expect(jobInWords(job({ reason })).text).toBe(
      "Queued · waiting: no worker online. Start one with anpyc worker.",
    );
    expect(jobInWords(job({ attempt: 1, reason: "waiting: a worker is about to take it" })).text).toContain(
      "what was measured is kept",
    );
  });

  it("counts, fails with the reason, stops", () => {
    expect(jobInWords(job({ status: "running", done: 1, attempt: 2 })).text).toBe(
      "Measuring task 1's end · 1 of 2 shares · attempt 2",
    );
    const failed = jobInWords(
      job({ status: "failed", error: { code: "x", message: "The data set is gone." } }),
    );
    expect(failed).toEqual({
      text: "It could not be measured to the end. The data set is gone.",
      failed: true,
    });
    expect(jobInWords(job({ status: "cancelled", done: 1 })).text).toBe("Stopped at 1 of 2 shares.");
    expect(jobInWords(job({ status: "succeeded", done: 2 })).text).toBe("");
  });

  it("shows the oldest open one of several", () => {
    const jobs = [job({ id: "c" }), job({ id: "b", status: "running" }), job({ id: "a", status: "failed" })];
    expect(openJob(jobs)?.id).toBe("b");
    expect(openJob([])).toBeUndefined();
  });
});
