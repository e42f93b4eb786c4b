import { expect, test } from "vitest";
import { pointsOf } from "./history";

test("the newest measurement stands at the right end, and what is not known leaves a gap", () => {
  expect(pointsOf([0, null, 1])).toBe("57.5,15.0 59.5,1.0");
});

test("no share leaves the line's height", () => {
  expect(pointsOf([2, -1])).toBe("58.5,1.0 59.5,15.0");
});
