/** What stands in the form, as it was typed, and what it means. */

import type { Problem } from "../api/client";
import type { Bounds, Field, Node, NumberField, NumbersField, Option, Part } from "./schema";

/** By key: the text of an input, the state of a switch, the kind of a part. */
export type Draft = Readonly<Record<string, string | boolean>>;

export type Spec = Record<string, unknown>;

/** Values to run over, by path: one run for every combination. */
export type Grid = Record<string, number[]>;

export interface Reading {
  spec: Spec;
  grid: Grid;
  problems: Problem[];
}

export function chosen(part: Part, draft: Draft): Option | undefined {
  const kind = draft[part.key];
  return part.options.find((option) => option.kind === kind) ?? part.options[0];
}

// --- specification → text ----------------------------------------------------------------------------------

function textOf(field: Field, value: unknown): string | boolean {
  switch (field.type) {
    case "flag":
      return Boolean(value);
    case "number":
      // Several values to run over stand in YAML as a list.
      if (Array.isArray(value)) return value.join(", ");
      return value === null || value === undefined ? "" : String(value);
    case "numbers":
    case "choices":
      return Array.isArray(value) ? value.join(", ") : "";
    case "raw":
      return value === undefined ? "" : JSON.stringify(value);
    default:
      return value === null || value === undefined ? "" : String(value);
  }
}

/** A draft that holds the defaults of every kind, with `spec` written over them. */
export function draftOf(nodes: Node[], spec: Spec = {}): Draft {
  const draft: Record<string, string | boolean> = {};
  write(nodes, spec, draft);
  return draft;
}

/** The fields of one kind as they stand with their defaults and `values` written over them. */
export function variantOf(option: Option, values: Spec): Draft {
  const draft: Record<string, string | boolean> = {};
  write(option.nodes, values, draft);
  return draft;
}

/** The variants of a kind as they are offered, its defaults first. */
export function variantsOf(option: Option): { name: string; draft: Draft }[] {
  const entries = Object.entries(option.variants);
  if (entries.length === 0) return [];
  return [["default", {}] as const, ...entries].map(([name, values]) => ({
    name,
    draft: variantOf(option, values),
  }));
}

function write(nodes: Node[], spec: Spec | undefined, draft: Record<string, string | boolean>): void {
  for (const node of nodes) {
    const name = node.path.split(".").at(-1) as string;
    const value = spec?.[name];
    if (node.type !== "part") {
      draft[node.key] = textOf(node, value === undefined ? node.initial : value);
      continue;
    }
    const part = value as (Spec & { kind?: string }) | undefined;
    draft[node.key] = part?.kind ?? node.initial;
    for (const option of node.options) {
      write(option.nodes, option.kind === draft[node.key] ? part : undefined, draft);
    }
  }
}

// --- text → specification ----------------------------------------------------------------------------------

/** The specification that the draft describes, with every problem found on the way. */
export function read(nodes: Node[], draft: Draft): Reading {
  const reading: Reading = { spec: {}, grid: {}, problems: [] };
  reading.spec = collect(nodes, draft, reading);
  return reading;
}

function collect(nodes: Node[], draft: Draft, reading: Reading): Spec {
  const spec: Spec = {};
  for (const node of nodes) {
    const name = node.path.split(".").at(-1) as string;
    if (node.type === "part") {
      const option = chosen(node, draft);
      spec[name] = { kind: option?.kind, ...collect(option?.nodes ?? [], draft, reading) };
    } else {
      spec[name] = meant(node, draft[node.key], reading);
    }
  }
  return spec;
}

function meant(field: Field, raw: string | boolean | undefined, reading: Reading): unknown {
  const refuse = (message: string) => {
    reading.problems.push({ field: field.path, message });
    return undefined;
  };
  const text = typeof raw === "string" ? raw.trim() : "";
  switch (field.type) {
    case "flag":
      return raw === true;
    case "text":
      return text.length > field.maxLength ? refuse(`At most ${field.maxLength} characters.`) : text;
    case "choice":
      return text === "" && field.nullable ? null : text;
    case "raw":
      try {
        return text === "" ? undefined : JSON.parse(text);
      } catch {
        return refuse("This is not valid JSON.");
      }
    case "number":
      return oneOrMany(field, text, reading, refuse);
    case "numbers":
      return several(field, text, refuse);
    case "choices": {
      const taken = text === "" ? [] : text.split(", ");
      if (taken.length < field.minItems) return refuse(`Choose at least ${field.minItems}.`);
      return taken.length > field.maxItems ? refuse(`At most ${field.maxItems}.`) : taken;
    }
  }
}

/** As many as the server takes of one setting, or of seeds, in a sweep. */
const MOST_VALUES = 200;
const MOST_IN_RANGE = 1_001;

function oneOrMany(
  field: NumberField,
  text: string,
  reading: Reading,
  refuse: (message: string) => undefined,
): unknown {
  if (text === "") return field.nullable ? null : refuse("Enter a number.");
  const values = numbersIn(text);
  if (values === null) return refuse("Enter a number.");
  if (values.length > MOST_VALUES) return refuse(`At most ${MOST_VALUES} values.`);
  const problem = firstProblem(values, field);
  if (problem) return refuse(problem);
  if (values.length > 1) {
    if (new Set(values).size < values.length) return refuse("A value stands here twice.");
    reading.grid[field.path] = values;
  }
  return values[0];
}

function several(field: NumbersField, text: string, refuse: (message: string) => undefined): unknown {
  const values = text === "" ? [] : numbersIn(text);
  if (values === null) return refuse("Enter numbers with commas between them, such as 128, 64.");
  if (values.length < field.minItems) return refuse(`Enter at least ${field.minItems}.`);
  if (values.length > field.maxItems) return refuse(`At most ${field.maxItems}.`);
  const problem = firstProblem(values, field);
  return problem ? refuse(problem) : values;
}

/**
 * "1, 3, 10" and, for whole numbers, "0–4" (a range). Null when something is not a number.
 * A range ends after `MOST_IN_RANGE` values, which is more than any field takes.
 */
export function numbersIn(text: string): number[] | null {
  const values: number[] = [];
  for (const piece of text.replace(/,\s*$/, "").split(",")) {
    const range = /^\s*(\d+)\s*(?:\.\.|–)\s*(\d+)\s*$/.exec(piece);
    if (range) {
      const [from, to] = [Number(range[1]), Number(range[2])];
      if (to < from) return null;
      const length = Math.min(to - from + 1, MOST_IN_RANGE);
      for (let i = 0; i < length; i += 1) values.push(from + i);
      continue;
    }
    const value = Number(piece.replace("−", "-"));
    if (piece.trim() === "" || !Number.isFinite(value)) return null;
    values.push(value);
  }
  return values;
}

function firstProblem(values: number[], field: { whole: boolean; bounds: Bounds }): string | undefined {
  for (const value of values) {
    if (field.whole && !Number.isInteger(value)) return "Enter a whole number.";
    const problem = outside(value, field.bounds);
    if (problem) return problem;
  }
  return undefined;
}

function outside(value: number, bounds: Bounds): string | undefined {
  const inWords = (bound: number) => bound.toLocaleString("en-US");
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = bounds;
  if (minimum !== undefined && value < minimum) return `Must be at least ${inWords(minimum)}.`;
  if (exclusiveMinimum !== undefined && value <= exclusiveMinimum)
    return `Must be more than ${inWords(exclusiveMinimum)}.`;
  if (maximum !== undefined && value > maximum) return `Must be at most ${inWords(maximum)}.`;
  if (exclusiveMaximum !== undefined && value >= exclusiveMaximum)
    return `Must be less than ${inWords(exclusiveMaximum)}.`;
  return undefined;
}

/** The specification with the values to run over as lists: what the YAML of a sweep shows. */
export function withGrid(spec: Spec, grid: Grid): Spec {
  return Object.entries(grid).reduce((whole, [path, values]) => placed(whole, path.split("."), values), spec);
}

function placed(spec: Spec, [name = "", ...rest]: string[], values: number[]): Spec {
  return { ...spec, [name]: rest.length ? placed((spec[name] ?? {}) as Spec, rest, values) : values };
}

/** How many runs a grid makes. */
export function combinations(grid: Grid): number {
  return Object.values(grid).reduce((product, values) => product * values.length, 1);
}

/** The paths whose values differ between two specifications. */
export function differences(first: Spec, second: Spec, path = ""): string[] {
  const names = new Set([...Object.keys(first), ...Object.keys(second)]);
  return [...names].flatMap((name) => {
    const [a, b] = [first[name], second[name]];
    const fullPath = path ? `${path}.${name}` : name;
    if (isPart(a) && isPart(b)) return differences(a, b, fullPath);
    return JSON.stringify(a) === JSON.stringify(b) ? [] : [fullPath];
  });
}

function isPart(value: unknown): value is Spec {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What a specification holds that the form has no place for: unknown fields, unknown kinds. */
export function misfits(nodes: Node[], spec: Spec): Problem[] {
  const known = new Map(nodes.map((node) => [node.path.split(".").at(-1) as string, node]));
  return Object.entries(spec).flatMap(([name, value]) => {
    const node = known.get(name);
    if (!node) {
      const prefix = nodes[0]?.path.split(".").slice(0, -1).join(".");
      const field = prefix ? `${prefix}.${name}` : name;
      return [{ field, message: `There is no field called ${name}.` }];
    }
    if (node.type !== "part") return [];
    if (!isPart(value)) return [{ field: node.path, message: `${node.path} has fields of its own.` }];
    const { kind, ...rest } = value;
    const wanted = kind ?? node.initial;
    const option = node.options.find((option) => option.kind === wanted);
    if (!option) {
      const kinds = node.options.map((option) => option.kind).join(", ");
      return [{ field: `${node.path}.kind`, message: `Choose one of: ${kinds}.` }];
    }
    if (option.nodes.length === 0) {
      return Object.keys(rest).map((extra) => ({
        field: `${node.path}.${extra}`,
        message: `${option.kind} has no field called ${extra}.`,
      }));
    }
    return misfits(option.nodes, rest);
  });
}
