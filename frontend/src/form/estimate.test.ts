import { describe, expect, it } from "vitest";
import { estimate, estimateInWords, expectedSeconds } from "./estimate";

const SPEC = {
  benchmark: { kind: "permuted", tasks: 3 },
  training: { kind: "supervised", epochs: 10, iterations: null },
  strategy: { kind: "anpyc", initial_prune_percent: 50, prune_decay: 0.8, prune_step: 10, retrain_epochs: 3 },
};

describe("estimate", () => {
  it("counts base epochs and the rounds of a shrinking pruning percentage", () => {
    // 50 % and 40 % in steps of 10, the last task not at all: 5 + 4 rounds of 3 epochs.
    expect(estimate(SPEC)).toEqual({ tasks: 3, epochs: 30, retraining: 27 });
    expect(estimateInWords(SPEC)).toBe("3 tasks, 30 epochs and 27 of retraining after pruning");
  });

  it("counts PackNet's one round for each task but the last", () => {
    const strategy = { kind: "packnet", prune_percent: 90, retrain_epochs: 2 };
    expect(estimate({ ...SPEC, strategy })?.retraining).toBe(4);
  });

  it("needs no pruning, and says nothing where it knows nothing", () => {
    expect(estimate({ ...SPEC, strategy: { kind: "finetune" } })?.retraining).toBe(0);
    expect(estimate({ training: { epochs: 1 } })).toBeNull();
    expect(estimateInWords({})).toBe("");
  });
});

describe("expectedSeconds", () => {
  const base = { ...SPEC, dataset: { kind: "digits" }, model: { kind: "mlp", hidden: [8] } };
  const past = [
    { name: "other model", seconds: 1_000, spec: { ...base, model: { kind: "mlp", hidden: [99] } } },
    { name: "other strategy", seconds: 500, spec: { ...base, strategy: { kind: "finetune" } } },
    { name: "alike", seconds: 57, spec: base },
  ];

  it("scales the pace of the most similar run by the epochs", () => {
    const twice = {
      ...base,
      benchmark: { kind: "permuted", tasks: 3 },
      training: { kind: "supervised", epochs: 20 },
    };
    expect(expectedSeconds(twice, past)).toEqual({ seconds: 87, judgedBy: "alike" });
  });

  it("says nothing without a similar run", () => {
    expect(expectedSeconds({ ...base, dataset: { kind: "mnist" } }, past)).toBeNull();
    expect(expectedSeconds(base, [])).toBeNull();
    const split = { ...base, benchmark: { kind: "split", tasks: 3, classes_per_task: 2 } };
    expect(expectedSeconds(split, past)).toBeNull();
  });
});
