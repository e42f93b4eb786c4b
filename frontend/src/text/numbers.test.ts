import { describe, expect, it } from "vitest";
import {
  bytes,
  count,
  hundredths,
  meanAndDeviation,
  percent,
  percentWithDeviation,
  plural,
  points,
  short,
  wholeHundredths,
} from "./numbers";

describe("numbers", () => {
  it("writes shares as percentages with one decimal", () => {
    expect(percent(0.9617)).toBe("96.2 %");
    expect(percent(null)).toBe("–");
    expect(percent(0.99961)).toBe("over 99.9 %");
    expect(percent(0.0004)).toBe("under 0.1 %");
    expect([percent(0), percent(1)]).toEqual(["0.0 %", "100.0 %"]);
    expect(percent(Number.NaN)).toBe("–");
  });

  it("gives changes a sign, and none to zero", () => {
    expect(points(0.014)).toBe("+1.4");
    expect(points(-0.014)).toBe("−1.4");
    expect(points(-0.0001)).toBe("0.0");
  });

  it("leaves the unit to a column that names it", () => {
    expect([0.9617, -0.014, -0.0001].map(hundredths)).toEqual(["96.2", "−1.4", "0.0"]);
  });

  it("never rounds a part of a whole up to all or down to nothing", () => {
    const shares = [0.9617, 1, 0.99996, 0.00004, 0, -0.014];
    expect(shares.map(wholeHundredths)).toEqual(["96.2", "100.0", "over 99.9", "under 0.1", "0.0", "−1.4"]);
  });

  it("separates thousands and agrees in number", () => {
    expect(count(401408)).toBe("401,408");
    expect(plural(1, "task")).toBe("1 task");
    expect(plural(3, "task")).toBe("3 tasks");
  });

  it("shortens measured numbers", () => {
    expect(short(0.003149)).toBe("0.0031");
    expect(short(-0.00000012345)).toBe("−1.2e-7");
    expect(short(0)).toBe("0");
  });

  it("picks a unit for bytes", () => {
    expect(bytes(999)).toBe("999 B");
    expect(bytes(2_940_000)).toBe("2.9 MB");
  });

  it("uses the sample deviation over seeds", () => {
    expect(meanAndDeviation([1, 2, 3])).toEqual({ mean: 2, deviation: 1 });
    expect(meanAndDeviation([4])).toEqual({ mean: 4, deviation: null });
    expect(percentWithDeviation([0.96, 0.97, 0.98])).toBe("97.0 ± 1.0 %");
    expect(percentWithDeviation([])).toBe("–");
  });
});
