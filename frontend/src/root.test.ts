import { expect, it } from "vitest";
import { rootOf } from "./root";

it("is the path that the server has written, without its final slash", () => {
  expect(rootOf("/anpyc/")).toBe("/anpyc");
  expect(rootOf("/a/b")).toBe("/a/b");
});

it("is nothing at the top, in a page that nobody has written to, and in one of Vite's server", () => {
  for (const written of ["/", "./", "", undefined, null]) expect(rootOf(written)).toBe("");
});
