import { describe, expect, it } from "vitest";
import { chosenBy, withStretch } from "./brush";
import { commonName, emphasised, groupsOf } from "./emphasis";
import type { FigureAxis, FigureData, LegendEntry } from "./figure";

const figure = {
  data: [{ name: "a", meta: { keys: ["a"] } }, { name: "b", meta: { keys: ["b", "c"] } }, { name: "ground" }],
  layout: {},
} as FigureData;

describe("what stands out", () => {
  it("is hidden with all its keys, faint beside what is lit, and else left alone", () => {
    expect(emphasised(figure, new Set(), null)).toBe(figure);
    expect(emphasised(figure, new Set(["a", "b"]), null).data.map(({ visible }) => visible)).toEqual([
      false,
      undefined,
      undefined,
    ]);
    expect(emphasised(figure, new Set(), new Set(["c"])).data.map(({ opacity }) => opacity)).toEqual([
      0.12,
      undefined,
      undefined,
    ]);
  });

  it("is named by method, with what the names of its seeds begin with", () => {
    expect(commonName(["EWC λ 100 · seed 1", "EWC λ 100 · seed 2"])).toBe("EWC λ 100");
    expect(commonName(["EWC, seed=1", "EWC, seed=12"])).toBe("EWC");
    expect(commonName(["anpyc", "ewc"])).toBe("anpyc");
    expect(commonName(["same", "same"])).toBe("same");
    const entries = [
      { key: "1", method: "m", name: "x · seed 0", full: "long x" },
      { key: "2", method: "n", name: "y", full: "y" },
      { key: "3", method: "m", name: "x · seed 1", full: "long x" },
    ] as LegendEntry[];
    expect(groupsOf(entries).map(({ name, entries: of }) => [name, of.length])).toEqual([
      ["x · seed 0", 2],
      ["y", 1],
    ]);
  });
});

describe("brushing", () => {
  const axes = [
    { title: "λ", keys: ["a", "b", "c"], heights: [0, 0.5, 1] },
    { title: "accuracy", keys: ["a", "b", "c"], heights: [0.9, 0.1, null] },
  ] as FigureAxis[];

  it("chooses the lines that cross every brushed axis within its stretch", () => {
    expect(chosenBy({}, axes)).toBeNull();
    expect(chosenBy({ 0: [0, 0.5] }, axes)).toEqual(new Set(["a", "b"]));
    expect(chosenBy({ 0: [0, 0.5], 1: [0.8, 1] }, axes)).toEqual(new Set(["a"]));
    expect(chosenBy({ 1: [0, 1] }, axes)).toEqual(new Set(["a", "b"]));
    expect(chosenBy({ 7: [0, 1] }, axes)).toBeNull();
  });

  it("keeps a stretch within the axis, and a click takes it away", () => {
    expect(withStretch({}, 0, 0.7, -2)).toEqual({ 0: [0, 0.7] });
    expect(withStretch({ 0: [0, 0.7] }, 0, 0.3, 0.3)).toEqual({});
  });
});
