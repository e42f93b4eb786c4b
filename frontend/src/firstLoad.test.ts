import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";

const DIST = join(import.meta.dirname, "../dist");
const read = (name: string) => readFileSync(join(DIST, name));

/** The file and every script that it imports before it runs; what it loads later is not among them. */
function withImports(name: string, found = new Set<string>()): Set<string> {
  if (found.has(name)) return found;
  found.add(name);
  const text = read(name).toString();
  for (const [, imported] of text.matchAll(/(?:from|import)\s*"\.\/([^"]+\.js)"/g))
    withImports(`assets/${imported}`, found);
  return found;
}

/** What a browser fetches before the first page stands: scripts, styles, and the fonts of Latin text. */
function firstLoad(): string[] {
  const page = read("index.html").toString();
  const named = [...page.matchAll(/(?:src|href)="\.\/([^"]+\.(?:js|css))"/g)].map(
    ([, name]) => name as string,
  );
  const scripts = named.filter((name) => name.startsWith("assets/") && name.endsWith(".js"));
  const all = new Set(named);
  for (const script of scripts) for (const one of withImports(script)) all.add(one);
  return [...all];
}

const plotly = (name: string) => name.includes("plotly");

describe("the built page", () => {
  it("loads at most 300 kB, compressed, before anything is shown", () => {
    const files = firstLoad();
    expect(files.some((name) => name.endsWith(".css"))).toBe(true);
    expect(files.filter((name) => name.endsWith(".js")).length).toBeGreaterThan(1);
    const bytes = files.reduce(
      (sum, name) => sum + gzipSync(read(name)).length,
      gzipSync(read("index.html")).length,
    );
    expect(bytes).toBeGreaterThan(100_000); // less would mean that the files were not found
    expect(bytes).toBeLessThanOrEqual(300_000);
  });

  it("leaves plotly for when a figure is first shown", () => {
    expect(firstLoad().filter(plotly)).toEqual([]);
    const text = firstLoad().map((name) => read(name).toString());
    expect(text.some((script) => script.includes("Plotly.newPlot"))).toBe(false);
  });
});
