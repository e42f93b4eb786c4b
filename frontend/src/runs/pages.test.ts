import { describe, expect, it } from "vitest";
import type { RunSummary } from "../api/types";
import { changed, type Pages, withFirst } from "./pages";

const run = (id: string, status = "running") => ({ id, status, archived: false }) as RunSummary;
const PAGES: Pages = {
  pages: [
    { items: [run("d"), run("c")], next_cursor: "one", total: 5 },
    { items: [run("b"), run("a")], next_cursor: "two", total: 5 },
  ],
  pageParams: [null, "one"],
};
const ids = (data: Pages) => data.pages.flatMap((page) => page.items.map(({ id }) => id)).join("");
const none: ReadonlySet<string> = new Set();

describe("the pages of a list", () => {
  it("puts a fresh row in its old place", () => {
    const after = changed(PAGES, {}, new Map([["b", run("b", "succeeded")]]), none);
    expect(ids(after)).toBe("dcba");
    expect(after.pages[1]?.items[0]?.status).toBe("succeeded");
    expect(after.pages[0]?.total).toBe(5);
  });

  it("drops what is deleted, and what the filter no longer wants", () => {
    const filter = { status: ["running" as const] };
    const fresh = new Map([
      ["b", run("b", "failed")],
      ["c", { ...run("c"), archived: true }],
    ]);
    const after = changed(PAGES, filter, fresh, new Set(["a"]));
    expect(ids(after)).toBe("d");
    expect(after.pages[0]?.total).toBe(2);
  });

  it("lays a new first page before the rest, each run once, and goes on loading after the last", () => {
    const after = withFirst(PAGES, { items: [run("e"), run("d")], next_cursor: "other", total: 6 });
    expect(ids(after)).toBe("edcba");
    expect(after.pages.at(-1)?.next_cursor).toBe("two");
    expect(after.pages[0]?.total).toBe(6);
  });
});
