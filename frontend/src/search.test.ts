import { describe, expect, it } from "vitest";
import { parseSearch, readRun, stringifySearch } from "./search";

describe("the address", () => {
  it("keeps lists, and leaves out what is not set", () => {
    const text = stringifySearch({ run: ["a", "b"], baseline: "a", archived: false, q: "", sort: undefined });
    expect(text).toBe("?run=a&run=b&baseline=a");
    expect(parseSearch(text)).toEqual({ run: ["a", "b"], baseline: "a" });
  });

  it("carries any text", () => {
    const q = "λ=3 & <b> #1";
    expect(parseSearch(stringifySearch({ q }))).toEqual({ q });
  });

  it("drops what a page does not know", () => {
    expect(readRun({ tab: "nonsense", task: "-1", round: "2", of: "owner", layer: "fc1.weight" })).toEqual({
      tab: undefined,
      task: undefined,
      round: 2,
      of: "owner",
      layer: "fc1.weight",
      before: undefined,
      level: undefined,
    });
  });
});
