import { describe, expect, it } from "vitest";
import { middleOf, panned, partOf, pictureShape, windowOf, zoomed } from "./window";

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
    const part = zoomed(null, [64, 300], 0.5);
    expect(part).toEqual({ rows: "16:48", cols: "75:225" });
    expect(zoomed(part, [64, 300], 2)).toBeNull();
    expect(zoomed({ rows: "3:4", cols: "0:1" }, [64, 784], 0.5)).toEqual({ rows: "3:4", cols: "0:1" });
    expect(zoomed({ rows: "60:64", cols: ":" }, [64, 784], 2)).toEqual({ rows: "56:64", cols: ":" });
  });

  it("cuts the long side of a narrow layer first", () => {
    let part = zoomed(null, [10, 784], 0.5);
    expect(part).toEqual({ rows: ":", cols: "196:588" });
    part = zoomed(zoomed(part, [10, 784], 0.5), [10, 784], 0.5);
    expect(part).toEqual({ rows: ":", cols: "343:441" });
    part = zoomed(zoomed(part, [10, 784], 0.5), [10, 784], 0.5);
    expect(part?.rows).toBe("3:8");
    expect(zoomed(null, [784, 10], 0.5)).toEqual({ rows: "196:588", cols: ":" });
    expect(zoomed(null, [1, 400], 0.5)).toEqual({ rows: ":", cols: "100:300" });
  });

  it("moves without leaving the layer", () => {
    const part = { rows: "0:10", cols: "100:300" };
    expect(panned(part, [64, 784], 0.5, 0.5)).toEqual({ rows: "5:15", cols: "200:400" });
    expect(panned(part, [64, 784], -0.5, -0.5)).toEqual({ rows: "0:10", cols: "0:200" });
    expect(panned({ rows: ":", cols: "700:784" }, [64, 784], 1, 1)).toEqual({ rows: ":", cols: "700:784" });
    expect(panned(null, [64, 784], 1, 1)).toBeNull();
  });

  it("is read from an address, where it is a part of the layer", () => {
    expect(partOf("0:10", "5:80", [64, 784])).toEqual({ rows: "0:10", cols: "5:80" });
    expect(partOf(undefined, "5:80", [64, 784])).toEqual({ rows: ":", cols: "5:80" });
    expect(partOf("0:64", "0:784", [64, 784])).toBeNull();
    expect(partOf("0:65", "5:80", [64, 784])).toBeNull();
    expect(partOf("9:3", "5:80", [64, 784])).toBeNull();
    expect(partOf(undefined, undefined, [64, 784])).toBeNull();
  });

  it("has a middle", () => {
    expect(middleOf(null, [1, 400])).toEqual([0, 199]);
    expect(middleOf({ rows: "4:5", cols: "10:20" }, [64, 784])).toEqual([4, 14]);
  });
});
