/** The same run for a terminal and for a notebook. */

import type { Grid, Spec } from "./draft";

/** The same specification with each part's `kind` before its other fields. */
export function kindFirst(spec: Spec): Spec {
  const entries = Object.entries(spec).map(([name, value]) => {
    const isPart = typeof value === "object" && value !== null && !Array.isArray(value);
    return [name, isPart ? kindFirst(value as Spec) : value] as const;
  });
  return Object.fromEntries(entries.sort(([a], [b]) => Number(b === "kind") - Number(a === "kind")));
}

function leaves(spec: Spec, path = ""): [string, unknown][] {
  return Object.entries(spec).flatMap(([name, value]) => {
    const fullPath = path ? `${path}.${name}` : name;
    const isPart = typeof value === "object" && value !== null && !Array.isArray(value);
    return isPart ? leaves(value as Spec, fullPath) : [[fullPath, value] as [string, unknown]];
  });
}

/** Single quotes, in which a POSIX shell reads nothing but their own end. */
function quoted(text: string): string {
  return /^[\w.=,:/+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** `anpyc train` with every setting that is not the default; a sweep as loops around it. */
export function asCommand(spec: Spec, defaults: Spec, grid: Grid = {}): string {
  const usual = new Map(leaves(defaults).map(([path, value]) => [path, JSON.stringify(value)]));
  const settings = leaves(spec)
    .filter(
      ([path, value]) => usual.get(path) !== JSON.stringify(value) && !(path in grid) && path !== "seed",
    )
    .map(([path, value]) => {
      const text = typeof value === "string" ? value : JSON.stringify(value);
      return `--set ${quoted(`${path}=${text}`)}`;
    });
  const axes = Object.entries(grid).map(([path, values]) => ({ path, values, name: variable(path) }));
  const varied = axes
    .filter(({ path }) => path !== "seed")
    .map(({ path, name }) => `--set "${path}=$${name}"`);
  const seed = grid.seed ? ['--seed "$seed"'] : spec.seed ? [`--seed ${spec.seed}`] : [];
  const command = ["anpyc train", ...settings, ...varied, ...seed].join(" \\\n  ");
  const opening = axes.map(({ name, values }) => `for ${name} in ${values.join(" ")}; do\n`).join("");
  return `${opening}${command}${"\ndone".repeat(axes.length)}`;
}

/** The path as a name that a shell takes. */
function variable(path: string): string {
  return path.replaceAll(".", "_");
}

function pythonic(value: unknown, indent: string): string {
  if (value === null || value === undefined) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  if (typeof value !== "object") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((item) => pythonic(item, indent)).join(", ")}]`;
  const deeper = `${indent}    `;
  const items = Object.entries(value).map(
    ([key, item]) => `${deeper}${JSON.stringify(key)}: ${pythonic(item, deeper)},\n`,
  );
  return `{\n${items.join("")}${indent}}`;
}

/** A request with httpx, which comes with the dashboard, and a token where the dashboard wants one. */
export function asPython(spec: Spec, origin: string, grid: Grid = {}): string {
  const { seed: seeds = [], ...rest } = grid;
  const isSweep = Object.keys(grid).length > 0;
  const body = isSweep
    ? `{"spec": spec, "grid": ${pythonic(rest, "")}, "seeds": ${pythonic(seeds, "")}}`
    : "spec";
  return `import os

import httpx

token = os.environ.get("ANPYC_TOKEN")
headers = {"Authorization": f"Bearer {token}"} if token else {}
spec = ${pythonic(spec, "")}
answer = httpx.post("${origin}/api/${isSweep ? "sweeps" : "runs"}", json=${body}, headers=headers)
answer.raise_for_status()
print(answer.json()["${isSweep ? "group_id" : "id"}"])
`;
}
