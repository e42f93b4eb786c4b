import { describe, expect, it } from "vitest";
import { story, sweepInWords } from "./story";

const SPEC = {
  strategy: { kind: "anpyc" },
  benchmark: { kind: "permuted", tasks: 5 },
  model: { kind: "mlp", hidden: [128, 64] },
};

describe("story", () => {
  it("says what will be learnt, by what, with what", () => {
    expect(story(SPEC, "Digits")).toBe(
      "ANPyC learns 5 permuted tasks of Digits with an MLP of 128–64 units.",
    );
    expect(story({ ...SPEC, benchmark: { kind: "split", tasks: 1 } }, "Digits")).toContain("1 split task of");
  });

  it("leaves out a number of tasks that is none", () => {
    for (const tasks of [undefined, "", 0, "five"])
      expect(story({ ...SPEC, benchmark: { kind: "permuted", tasks } }, "Digits")).toContain(
        "learns permuted tasks of Digits",
      );
  });

  it("names the data sets of a sequence", () => {
    const spec = {
      ...SPEC,
      benchmark: { kind: "sequence", datasets: ["mnist", "svhn"] },
      model: { kind: "resnet18" },
    };
    expect(story(spec, "MNIST")).toBe(
      "ANPyC learns 2 data sets one after the other, MNIST, SVHN, with a ResNet-18.",
    );
  });
});

describe("sweepInWords", () => {
  it("counts the runs and names what varies", () => {
    expect(sweepInWords({ "strategy.lam": [1, 3], seed: [0, 1] }, 4)).toBe(
      "4 runs: strategy.lam 1, 3 × 2 seeds.",
    );
  });
});
