import { describe, expect, it } from "vitest";
import { foldedShape, windowOf } from "./window";

describe("the window of a zoom", () => {
  it("covers every cell that is in view, and none outside the layer", () => {
    expect(windowOf({ x: [2.6, 9.4], y: [-3, 4.4] }, [64, 784])).toEqual({ rows: "0:5", cols: "3:10" });
    expect(windowOf({ x: [700, 900], y: [60, 70] }, [64, 784])).toEqual({ rows: "60:64", cols: "700:784" });
  });

  it("is nothing when the whole is in view", () => {
    expect(windowOf({ x: [-0.5, 783.5], y: [-0.5, 63.5] }, [64, 784])).toBeNull();
    expect(windowOf({}, [64, 784])).toBeNull();
  });

  it("leaves an axis whole that was not zoomed", () => {
    expect(windowOf({ x: [10, 20] }, [64, 784])).toEqual({ rows: ":", cols: "10:21" });
  });

  it("folds filters into columns, and a bias into one row", () => {
    expect(foldedShape([16, 3, 5, 5])).toEqual([16, 75]);
    expect(foldedShape([64])).toEqual([1, 64]);
  });
});
