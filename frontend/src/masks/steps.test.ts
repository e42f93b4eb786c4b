import { describe, expect, it } from "vitest";
import { lastPruned, layersIn, stepAt, stepInWords, stepsOf, taskBeside } from "./steps";

const item = (task: number, round: number, layer = "fc1.weight") => ({
  task,
  round,
  layer,
  shape: [4, 8],
  kinds: ["mask" as const],
  free: 8,
});
const ITEMS = [item(1, 0), item(0, 2), item(0, 0), item(0, 0, "fc2.weight")];

describe("steps", () => {
  it("orders by task, then round", () => {
    expect(stepsOf(ITEMS, "fc1.weight")).toEqual([
      { task: 0, round: 0 },
      { task: 0, round: 2 },
      { task: 1, round: 0 },
    ]);
    expect(layersIn(ITEMS).map(({ layer }) => layer)).toEqual(["fc1.weight", "fc2.weight"]);
  });

  it("follows the newest unless one is named", () => {
    const steps = stepsOf(ITEMS, "fc1.weight");
    expect(stepAt(steps, undefined, undefined)).toBe(2);
    expect(stepAt(steps, 0, undefined)).toBe(1);
    expect(stepAt(steps, 0, 0)).toBe(0);
    expect(stepAt(steps, 0, 1)).toBe(1);
    expect(stepAt(steps, 9, 0)).toBe(2);
  });

  it("opens at the last task that was pruned", () => {
    const steps = [0, 1, 2].flatMap((task) => [0, 1, 2].map((round) => ({ task, round })));
    expect(lastPruned(steps)).toBe(8);
    expect(lastPruned([...steps, { task: 3, round: 0 }])).toBe(8);
    expect(lastPruned([{ task: 0, round: 0 }])).toBe(0);
    expect(lastPruned([])).toBe(-1);
  });

  it("goes from task to task, each at its end", () => {
    const steps = stepsOf(ITEMS, "fc1.weight");
    expect(taskBeside(steps, 0, 1)).toBe(2);
    expect(taskBeside(steps, 2, -1)).toBe(1);
    expect(taskBeside(steps, 2, 1)).toBeNull();
  });

  it("calls a task by its number", () => {
    expect(stepInWords({ task: 2, round: 0 })).toBe("task 2");
    expect(stepInWords({ task: 0, round: 4 })).toBe("task 0, round 4");
  });
});
