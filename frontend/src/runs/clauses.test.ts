import { describe, expect, it } from "vitest";
import { clausesOf, hasClause, isWords, quoted, toggled, valuesIn, withValues } from "./clauses";

describe("the parts of a filter", () => {
  it("are told apart at the top level alone", () => {
    expect(clausesOf('lam > 3 and (a = 1 or b = 2) AND name = "x and y"')).toEqual([
      "lam > 3",
      "(a = 1 or b = 2)",
      'name = "x and y"',
    ]);
    expect(clausesOf("brand = 1 and order = 2")).toEqual(["brand = 1", "order = 2"]);
    expect(clausesOf("a = 1 or b = 2")).toBeNull();
    expect(clausesOf('name = "open and')).toBeNull();
    expect(clausesOf("  ")).toEqual([]);
  });

  it("are read and written for one field", () => {
    expect(valuesIn("lam > 3 and status in (failed, running)", "status")).toEqual(["failed", "running"]);
    expect(valuesIn('tag = "two words"', "tag")).toEqual(["two words"]);
    expect(valuesIn("status != failed", "status")).toEqual([]);
    expect(withValues("lam > 3", "status", ["failed"])).toBe("lam > 3 and status = failed");
    expect(withValues("status = failed and lam > 3", "status", ["failed", "running"])).toBe(
      "lam > 3 and status in (failed, running)",
    );
    expect(withValues("status = failed", "status", [])).toBe("");
  });

  it("are added to what an `or` joins without changing what it means", () => {
    expect(toggled("a = 1 or b = 2", "created > -7d")).toBe("(a = 1 or b = 2) and created > -7d");
    expect(toggled("lam > 3 and created > -7d", "created > -7d")).toBe("lam > 3");
    expect(hasClause("lam > 3 and created > -7d", "created > -7d")).toBe(true);
  });

  it("keep any value whole", () => {
    for (const value of ["plain", "two words", 'say "so"', "back\\slash", "it's", ""])
      expect(valuesIn(`tag = ${quoted(value)}`, "tag")).toEqual([value]);
  });

  it("are no words to search for", () => {
    expect(isWords("über alles")).toBe(true);
    expect(isWords("lam > 3")).toBe(false);
    expect(isWords("lam is unknown")).toBe(false);
  });
});
