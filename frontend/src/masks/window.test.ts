import { describe, expect, it } from "vitest";
import { pictureShape, windowOf, zoomed } from "./window";

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
    expect(pictureShape([16, 3, 5, 5])).toEqual([16, 75]);
    expect(pictureShape([64])).toEqual([1, 64]);
  });

  it("lays kernels out as a grid", () => {
    expect(pictureShape([64, 16, 5, 4], "filters")).toEqual([320, 64]);
    expect(pictureShape([64, 1, 3, 3], "filters")).toEqual([24, 24]);
    expect(pictureShape([64, 3, 3, 3], "filters")).toEqual([48, 36]);
    expect(pictureShape([64, 784], "filters")).toEqual([64, 784]);
  });

  it("halves and doubles what is shown, down to one weight and up to the whole", () => {
    const part = zoomed(null, [64, 784], 0.5);
    expect(part).toEqual({ rows: "16:48", cols: "196:588" });
    expect(zoomed(part, [64, 784], 2)).toBeNull();
    expect(zoomed({ rows: "3:4", cols: "0:1" }, [64, 784], 0.5)).toEqual({ rows: "3:4", cols: "0:1" });
    expect(zoomed({ rows: "60:64", cols: ":" }, [64, 784], 2)).toEqual({ rows: "56:64", cols: ":" });
  });
});
