/**
 * Reads the JSON Schema of a run's specification into a tree that the form draws.
 *
 * A `path` is how the API names a field (`strategy.lam`). A `key` is where the form keeps its text: it holds
 * the chosen kind as well (`strategy/anpyc.lam`), so that switching kinds and back loses nothing.
 */

export interface JsonSchema {
  type?: string;
  title?: string;
  description?: string;
  default?: unknown;
  const?: unknown;
  enum?: string[];
  /** What choices are called, where that is not to be told from the choice. */
  labels?: Record<string, string>;
  $ref?: string;
  $defs?: Record<string, JsonSchema>;
  properties?: Record<string, JsonSchema>;
  items?: JsonSchema;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  discriminator?: { mapping: Record<string, string>; propertyName: string };
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  unit?: string;
  advanced?: boolean;
  variants?: Variants;
}

/** Other known settings of a kind, by name: what differs from its defaults, by field. */
export type Variants = Record<string, Record<string, unknown>>;

interface Named {
  key: string;
  path: string;
  title: string;
  help: string;
  advanced: boolean;
}

export interface Bounds {
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
}

export interface NumberField extends Named {
  type: "number";
  whole: boolean;
  nullable: boolean;
  bounds: Bounds;
  unit: string;
  initial: number | null;
}

export interface NumbersField extends Named {
  type: "numbers";
  whole: boolean;
  bounds: Bounds;
  unit: string;
  minItems: number;
  maxItems: number;
  initial: number[];
}

export interface ChoiceField extends Named {
  type: "choice";
  choices: string[];
  nullable: boolean;
  initial: string | null;
}

/** Several of the choices, in the order in which they were taken. */
export interface ChoicesField extends Named {
  type: "choices";
  choices: string[];
  labels: Record<string, string>;
  minItems: number;
  maxItems: number;
  initial: string[];
}

export interface FlagField extends Named {
  type: "flag";
  initial: boolean;
}

export interface TextField extends Named {
  type: "text";
  maxLength: number;
  initial: string;
}

/** What the form has no input of its own for is edited as JSON. */
export interface RawField extends Named {
  type: "raw";
  initial: unknown;
}

export interface Option {
  kind: string;
  title: string;
  help: string;
  nodes: Node[];
  variants: Variants;
}

/** A part with a `kind`: one option is chosen, and only its fields are shown. */
export interface Part extends Named {
  type: "part";
  options: Option[];
  initial: string;
}

export type Field =
  | NumberField
  | NumbersField
  | ChoiceField
  | ChoicesField
  | FlagField
  | TextField
  | RawField;
export type Node = Field | Part;

/** Choices that are written otherwise than their first letter in capitals; a kind's title comes with the schema. */
const TITLES: Record<string, string> = { sgd: "SGD", cpu: "CPU", cuda: "CUDA" };

/** A choice as a person writes it. */
export function titleOf(kind: string): string {
  const known = TITLES[kind];
  if (known) return known;
  const words = kind.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export function readSchema(root: JsonSchema): Node[] {
  return propertiesOf(root, root, "", "");
}

/** The kinds of a part, such as every strategy, with their titles. */
export function kindsOf(schema: unknown, part: string): { value: string; label: string }[] {
  const root = schema as JsonSchema;
  const mapping = root.properties?.[part]?.discriminator?.mapping ?? {};
  return Object.entries(mapping).map(([kind, reference]) => ({
    value: kind,
    label: resolve({ $ref: reference }, root).title ?? titleOf(kind),
  }));
}

function resolve(schema: JsonSchema, root: JsonSchema): JsonSchema {
  if (!schema.$ref) return schema;
  const target = root.$defs?.[schema.$ref.replace("#/$defs/", "")] ?? {};
  const { $ref: _, ...beside } = schema;
  return { ...target, ...beside };
}

function propertiesOf(schema: JsonSchema, root: JsonSchema, path: string, key: string): Node[] {
  return Object.entries(schema.properties ?? {})
    .filter(([name]) => name !== "kind")
    .map(([name, property]) => {
      const at = { path: path ? `${path}.${name}` : name, key: key ? `${key}.${name}` : name };
      return nodeOf(name, property, root, at);
    });
}

function nodeOf(
  name: string,
  written: JsonSchema,
  root: JsonSchema,
  at: { path: string; key: string },
): Node {
  const schema = resolve(written, root);
  const named: Named = {
    ...at,
    title: written.$ref ? titleOf(name) : (schema.title ?? titleOf(name)),
    help: (schema.description ?? "").replaceAll("\n", " "),
    advanced: schema.advanced ?? false,
  };
  if (schema.discriminator) return unionOf(schema, root, named);
  if (schema.properties) return singleOf(schema, root, named);
  return fieldOf(schema, root, named);
}

function unionOf(schema: JsonSchema, root: JsonSchema, named: Named): Part {
  const mapping = schema.discriminator?.mapping ?? {};
  const options = Object.entries(mapping).map(([kind, reference]) =>
    optionOf(kind, resolve({ $ref: reference }, root), root, named),
  );
  const initial = (schema.default as { kind?: string } | undefined)?.kind ?? options[0]?.kind ?? "";
  return { ...named, type: "part", options, initial };
}

function singleOf(schema: JsonSchema, root: JsonSchema, named: Named): Part {
  const kind = String(schema.properties?.kind?.const ?? "");
  return { ...named, type: "part", options: [optionOf(kind, schema, root, named)], initial: kind };
}

function optionOf(kind: string, schema: JsonSchema, root: JsonSchema, named: Named): Option {
  return {
    kind,
    title: schema.title ?? titleOf(kind),
    help: (schema.description ?? "").replaceAll("\n", " "),
    nodes: propertiesOf(schema, root, named.path, `${named.key}/${kind}`),
    variants: schema.variants ?? {},
  };
}

function boundsOf(schema: JsonSchema): Bounds {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema;
  return { minimum, maximum, exclusiveMinimum, exclusiveMaximum };
}

function fieldOf(written: JsonSchema, root: JsonSchema, named: Named): Field {
  const variants = (written.anyOf ?? []).map((variant) => resolve(variant, root));
  const nullable = variants.some((variant) => variant.type === "null");
  const real = variants.filter((variant) => variant.type !== "null");
  const schema = real.length === 1 ? { ...written, ...real[0] } : written;
  const unit = written.unit ?? "";
  const initial = written.default;
  if (schema.enum) {
    return {
      ...named,
      type: "choice",
      choices: schema.enum,
      nullable,
      initial: (initial as string) ?? null,
    };
  }
  switch (schema.type) {
    case "integer":
    case "number": {
      const whole = schema.type === "integer";
      return {
        ...named,
        type: "number",
        whole,
        nullable,
        bounds: boundsOf(schema),
        unit,
        initial: (initial as number) ?? null,
      };
    }
    case "boolean":
      return { ...named, type: "flag", initial: Boolean(initial) };
    case "string":
      return {
        ...named,
        type: "text",
        maxLength: schema.maxLength ?? 10_000,
        initial: String(initial ?? ""),
      };
    case "array":
      if (schema.items?.type === "integer" || schema.items?.type === "number") {
        return {
          ...named,
          type: "numbers",
          whole: schema.items.type === "integer",
          bounds: boundsOf(schema.items),
          unit,
          minItems: schema.minItems ?? 0,
          maxItems: schema.maxItems ?? 1_000,
          initial: (initial as number[]) ?? [],
        };
      }
      if (schema.items?.enum) {
        return {
          ...named,
          type: "choices",
          choices: schema.items.enum,
          labels: schema.items.labels ?? {},
          minItems: schema.minItems ?? 0,
          maxItems: schema.maxItems ?? 1_000,
          initial: (initial as string[]) ?? [],
        };
      }
  }
  return { ...named, type: "raw", initial };
}
