import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { anchorOf, rendered } from "../../markdown";
import { MEANINGS, type Meant, placeOf } from "./metrics";

const page = rendered(readFileSync(join(import.meta.dirname, "../../../docs/numbers.md"), "utf8"));

describe("the marks beside numbers", () => {
  it.each(Object.keys(MEANINGS) as Meant[])("%s leads to a heading of the page", (name) => {
    expect(page.headings.map(({ anchor }) => anchor)).toContain(placeOf(name));
    expect(page.html).toContain(`id="${placeOf(name)}"`);
  });
});

describe("the page on numbers", () => {
  it("has every heading once", () => {
    const anchors = page.headings.map(({ anchor }) => anchor);
    expect(new Set(anchors).size).toBe(anchors.length);
  });

  it("leads to its own headings and to papers only", () => {
    const links = [...page.html.matchAll(/href="([^"]+)"/g)].map(([, address]) => address as string);
    const own = links.filter((address) => address.startsWith("#"));
    const anchors = page.headings.map(({ anchor }) => `#${anchor}`);
    expect(own.length).toBeGreaterThan(1);
    expect(own.filter((address) => !anchors.includes(address))).toEqual([]);
    expect(links.filter((address) => !own.includes(address) && !address.startsWith("https://"))).toEqual([]);
  });

  it("makes anchors as GitHub does", () => {
    expect(anchorOf("Average accuracy")).toBe("average-accuracy");
    expect(anchorOf("Free, held; who?")).toBe("free-held-who");
  });
});
