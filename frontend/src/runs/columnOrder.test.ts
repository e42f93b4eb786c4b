import { expect, it } from "vitest";
import { moved } from "./columnOrder";

it("moves a column to another one's place, or by some places, and never past an end", () => {
  const columns = ["a", "b", "c", "d"];
  expect(moved(columns, "a", { at: "c" })).toEqual(["b", "c", "a", "d"]);
  expect(moved(columns, "d", { at: "b" })).toEqual(["a", "d", "b", "c"]);
  expect(moved(columns, "b", 1)).toEqual(["a", "c", "b", "d"]);
  expect(moved(columns, "a", -1)).toEqual(columns);
  expect(moved(columns, "d", 1)).toEqual(columns);
  expect(moved(columns, "z", { at: "a" })).toEqual(columns);
});
