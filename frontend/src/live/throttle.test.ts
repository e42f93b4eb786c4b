import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Gatherer } from "./throttle";

describe("Gatherer", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("hands on each thing once per interval", async () => {
    const deliveries: string[][] = [];
    const gatherer = new Gatherer<string>(500, async (items) => deliveries.push([...items]));
    gatherer.add("loss");
    gatherer.add("loss");
    gatherer.add("layers");
    await vi.advanceTimersByTimeAsync(500);
    expect(deliveries).toEqual([["loss", "layers"]]);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(deliveries).toHaveLength(1);
  });

  it("waits for a slow delivery before the next", async () => {
    let finish = () => {};
    const deliveries: string[][] = [];
    const gatherer = new Gatherer<string>(100, (items) => {
      deliveries.push([...items]);
      return new Promise<void>((resolve) => {
        finish = resolve;
      });
    });
    gatherer.add("a");
    await vi.advanceTimersByTimeAsync(100);
    gatherer.add("b");
    await vi.advanceTimersByTimeAsync(1_000);
    expect(deliveries).toEqual([["a"]]);
    finish();
    await vi.advanceTimersByTimeAsync(100);
    expect(deliveries).toEqual([["a"], ["b"]]);
  });
});
