/** A study as the page edits it, and small changes to it. */

import type { components } from "../api/schema";
import { numbersIn } from "../form/draft";
import type { Node, NumberField, Option, Part } from "../form/schema";

type Values = Record<string, unknown>;

export interface Method {
  strategy: Values;
  training?: Values;
  [part: string]: unknown;
}

/** As it is sent; what is left out has its default. */
export interface StudyRequest {
  name?: string;
  spec?: Record<string, Values>;
  methods: Method[];
  benchmarks?: Record<string, Values>[];
  grid?: Record<string, unknown[]>;
  seeds: number[];
  reuse?: boolean;
}

export type SentStudy = components["schemas"]["StudyRequest"];

export const kindOf = (values: Values | undefined): string => String(values?.kind ?? "");

/** "1, 10" for a list of values, "3" for one. */
export function written(value: unknown): string {
  if (Array.isArray(value)) return value.join(", ");
  return value === null || value === undefined ? "" : String(value);
}

/** One number, or several with commas; undefined for nothing, null where it cannot be read. */
export function readNumbers(text: string): number | number[] | null | undefined {
  if (text.trim() === "") return undefined;
  const numbers = numbersIn(text);
  if (numbers === null) return null;
  return numbers.length === 1 ? numbers[0] : numbers;
}

/** The options of a part of the specification. */
export function optionsOf(nodes: Node[], path: string): Option[] {
  return nodes.find((node): node is Part => node.type === "part" && node.path === path)?.options ?? [];
}

/** The numbers of a method that one sees at once. */
export function numbersOf(options: Option[], kind: string): NumberField[] {
  const nodes = options.find((option) => option.kind === kind)?.nodes ?? [];
  return nodes.filter((node): node is NumberField => node.type === "number" && !node.advanced);
}

/** With a value of a method's strategy changed; without one its default counts. */
export function withSetting(
  request: StudyRequest,
  place: number,
  name: string,
  value: unknown,
): StudyRequest {
  const methods = request.methods.map((method, at) => {
    if (at !== place) return method;
    const { [name]: _, ...rest } = method.strategy;
    return { ...method, strategy: value === undefined ? rest : { ...rest, [name]: value } };
  });
  return { ...request, methods };
}

/** With a value of what all share: one number, or a list that becomes part of the common grid. */
export function withCommon(request: StudyRequest, path: string, value: unknown): StudyRequest {
  const [part = "", name = ""] = path.split(".");
  const { [path]: _, ...grid } = request.grid ?? {};
  if (Array.isArray(value)) return { ...request, grid: { ...grid, [path]: value } };
  const { [name]: __, ...rest } = request.spec?.[part] ?? {};
  const changed = value === undefined ? rest : { ...rest, [name]: value };
  // A method of the protocol may have brought a value of its own: what is typed counts for all.
  const methods = request.methods.map((method) => {
    const own = method[part] as Values | undefined;
    if (!own || part === "strategy" || !(name in own)) return method;
    const { [name]: ___, ...others } = own;
    return { ...method, [part]: others };
  });
  return { ...request, grid, methods, spec: { ...request.spec, [part]: changed } };
}

/** What stands in a common field. */
export function commonValue(request: StudyRequest, path: string): unknown {
  const [part = "", name = ""] = path.split(".");
  return request.grid?.[path] ?? request.spec?.[part]?.[name];
}

/** With the benchmarks of these kinds: one is what all share, several are varied. */
export function withBenchmarks(request: StudyRequest, kinds: string[]): StudyRequest {
  const known = [request.spec?.benchmark, ...(request.benchmarks ?? []).map((each) => each.benchmark)];
  const parts = kinds.map((kind) => known.find((part) => kindOf(part) === kind) ?? { kind });
  const [first = {}] = parts;
  return {
    ...request,
    spec: { ...request.spec, benchmark: first },
    benchmarks: parts.length > 1 ? parts.map((benchmark) => ({ benchmark })) : [],
  };
}

export function benchmarksOf(request: StudyRequest): string[] {
  const several = (request.benchmarks ?? []).map((each) => kindOf(each.benchmark));
  return several.length ? several : [kindOf(request.spec?.benchmark)].filter(Boolean);
}
