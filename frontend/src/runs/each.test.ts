import { describe, expect, it } from "vitest";
import type { RunSummary } from "../api/types";
import { onEach } from "./each";

const RUNS = Array.from({ length: 40 }, (_, index) => ({ id: String(index) }) as RunSummary);

describe("onEach", () => {
  it("asks for every run once, never more than six at a time", async () => {
    let now = 0;
    let most = 0;
    const asked: string[] = [];
    const told: number[] = [];
    const act = async (run: RunSummary) => {
      asked.push(run.id);
      now += 1;
      most = Math.max(most, now);
      await new Promise((resolve) => setTimeout(resolve, 1));
      now -= 1;
    };
    const { done, failed } = await onEach(RUNS, act, (answered) => told.push(answered));
    expect(asked.toSorted()).toEqual(RUNS.map(({ id }) => id).toSorted());
    expect(most).toBe(6);
    expect([done.length, failed.length, told.at(-1)]).toEqual([40, 0, 40]);
  });

  it("goes on after a refusal and tells the refused from the others", async () => {
    const { done, failed, reason } = await onEach(RUNS, ({ id }) =>
      Number(id) % 10 === 3 ? Promise.reject(new Error(`no ${id}`)) : Promise.resolve(),
    );
    expect(done).toHaveLength(36);
    expect(failed.map(({ id }) => id).toSorted()).toEqual(["13", "23", "3", "33"]);
    expect((reason as Error).message).toBe("no 3");
  });
});
