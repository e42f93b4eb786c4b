import { describe, expect, it } from "vitest";
import type { Member } from "../api/types";
import { branches, comparedOf, descendants } from "./family";

const member = (id: string, parent: string | null) => ({ id, parent, name: id }) as Member;

describe("a family", () => {
  it("is a tree by what each was made from", () => {
    const tree = branches([member("a", null), member("b", "a"), member("c", "b"), member("d", "a")]);
    expect(tree.map((branch) => branch.member.id)).toEqual(["a"]);
    expect(tree[0]?.below.map((branch) => branch.member.id)).toEqual(["b", "d"]);
    expect(descendants(tree)).toBe(4);
  });

  it("has several tops where the first is gone", () => {
    expect(branches([member("b", null), member("d", null)])).toHaveLength(2);
  });

  it("is compared whole, or the run with what it comes from and the newest", () => {
    expect(comparedOf([member("a", null), member("b", "a")], "b")).toEqual(["a", "b"]);
    const many = [
      member("0000", null),
      ...Array.from({ length: 99 }, (_, n) => member(`1${n + 100}`, "0000")),
    ];
    const chosen = comparedOf(many, "1100");
    expect(chosen).toHaveLength(50);
    expect(chosen.slice(0, 2)).toEqual(["0000", "1100"]);
    expect(chosen.at(-1)).toBe("1198");
  });
});
