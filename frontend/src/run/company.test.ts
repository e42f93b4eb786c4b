import { expect, test } from "vitest";
import { company } from "./company";

test("a run trained by itself has no company", () => {
  expect(company(undefined)).toBe("");
  expect(company(1)).toBe("");
});

test("of a stack it says how many others there are", () => {
  expect(company(2)).toBe("trained as one with another run");
  expect(company(12)).toBe("trained as one with 11 others");
});
