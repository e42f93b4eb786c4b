import { expect, it } from "vitest";
import type { Deed } from "../api/types";
import { lastBy } from "./deeds";

const deed = (what: Deed["what"], by: string | null): Deed => ({ what, by, at: "2026-01-01T12:00:00Z" });

it("is whoever did it last", () => {
  const history = [deed("submitted", "anna"), deed("edited", "bob"), deed("edited", "carla")];
  expect(lastBy(history, "edited")).toBe("carla");
  expect(lastBy(history, "submitted")).toBe("anna");
  expect(lastBy(history, "submitted", "resumed")).toBe("anna");
});

it("is nobody where it was not done, or nobody has a name", () => {
  expect(lastBy([], "submitted")).toBeNull();
  expect(lastBy([deed("submitted", null)], "submitted")).toBeNull();
});
