import { parse } from "valibot";
import { describe, expect, it } from "vitest";
import { viewSearch } from "./runs/view";
import { compareSearch, parseSearch, runSearch, stringifySearch } from "./search";

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
    expect(
      parse(runSearch, { tab: "nonsense", task: "-1", round: "2", of: "owner", layer: "fc1.weight" }),
    ).toEqual({
      tab: undefined,
      task: undefined,
      round: 2,
      of: "owner",
      layer: "fc1.weight",
      before: undefined,
      level: undefined,
    });
  });

  it("keeps a view of the masks whole, and no window that is none", () => {
    const view =
      "?tab=masks&layer=fc1.weight&task=3&has=kept&other=1&beside=R2&rows=0:10&cols=4:80&cell=3,17";
    const kept = parse(runSearch, parseSearch(view));
    expect(stringifySearch({ ...kept })).toBe(view.replaceAll(":", "%3A").replace(",", "%2C"));
    expect(parse(runSearch, parseSearch("?rows=a:b&cols=5&cell=1&has=all"))).toEqual({});
  });

  it("reads one value as a list of one", () => {
    expect(parse(compareSearch, parseSearch("?run=a"))).toEqual({ run: ["a"] });
  });

  it("keeps the known items of a list, in their order", () => {
    const view = parse(
      viewSearch,
      parseSearch("?columns=seed&columns=no+field&columns=strategy.lam&status=nonsense"),
    );
    expect(view).toEqual({ columns: ["seed", "strategy.lam"], status: undefined, sort: undefined });
  });

  it("orders rows by what they have", () => {
    expect(parse(viewSearch, parseSearch("?sort=-strategy.lam"))).toEqual({ sort: "-strategy.lam" });
    expect(parse(viewSearch, parseSearch("?sort=1;2"))).toEqual({ sort: undefined });
    expect(parse(viewSearch, parseSearch("?sort=-strategy.lam&by=seeds")).sort).toBe("-strategy.lam");
    expect(parse(viewSearch, parseSearch("?sort=-count")).sort).toBeUndefined();
    expect(parse(viewSearch, parseSearch("?sort=-count&by=seeds"))).toEqual({ sort: "-count", by: "seeds" });
  });
});
