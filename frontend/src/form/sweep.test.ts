import { describe, expect, it } from "vitest";
import { costInWords, sweepInWords } from "./sweep";

describe("a sweep in words", () => {
  it("counts the runs and names what varies", () => {
    expect(sweepInWords({ "strategy.lam": [1, 3], seed: [0, 1] }, 4)).toBe(
      "4 runs: strategy.lam 1, 3 × 2 seeds.",
    );
  });

  it("multiplies time and storage, and leaves out what is not known", () => {
    expect(costInWords({ seconds: 60, bytes: 2_100_000 }, 10)).toBe(
      "All together about 10 m 0 s and 21.0 MB.",
    );
    expect(costInWords({ seconds: null, bytes: 1_000 }, 2)).toBe("All together about 2.0 kB.");
  });
});
