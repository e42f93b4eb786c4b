import { parse } from "valibot";
import { describe, expect, it } from "vitest";
import { parseSearch, stringifySearch } from "../search";
import { contentOf, isBare, isSame, shownBy } from "./savedViews";
import { type View, viewSearch } from "./view";

const read = (text: string): View => parse(viewSearch, parseSearch(text));

describe("a saved view", () => {
  const address =
    "?status=failed&filter=lam+%3E+3&sort=-strategy.lam&columns=name&columns=strategy.lam&pinned=name" +
    "&formats=strategy.lam%3Ascientific&by=seeds&archived=true";

  it("holds all that the address shows, and gives it back", () => {
    const view = read(address);
    const content = contentOf(view, { name: 300, seed: 80 });
    expect(content.widths).toEqual({ name: 300 });
    expect(content.formats).toEqual({ "strategy.lam": "scientific" });
    expect(read(stringifySearch(shownBy(content)))).toEqual(view);
  });

  it("is the same whatever the reader's widths and the order of its parts", () => {
    const content = contentOf(read(address));
    expect(isSame(content, { ...contentOf(read(address), { name: 300 }) })).toBe(true);
    const { by, ...rest } = content;
    expect(isSame({ ...rest, by } as typeof content, content)).toBe(true);
    expect(isSame(content, { ...content, q: "other" })).toBe(false);
  });

  it("is opened where the address says nothing else", () => {
    expect(isBare(read("?project=P&view=V"))).toBe(true);
    expect(isBare(read(""))).toBe(true);
    expect(isBare(read("?view=V&sort=name"))).toBe(false);
    expect(isBare(read("?group=spec:1"))).toBe(false);
  });
});
