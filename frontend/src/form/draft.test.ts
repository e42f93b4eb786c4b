import { describe, expect, it } from "vitest";
import {
  chosen,
  combinations,
  differences,
  draftOf,
  misfits,
  numbersIn,
  read,
  variantsOf,
  withGrid,
} from "./draft";
import { type JsonSchema, type Part, readSchema } from "./schema";

// The shape that pydantic writes: a discriminated union, a nested union, a nullable number, a list.
const SCHEMA: JsonSchema = {
  properties: {
    name: { type: "string", default: "", maxLength: 10, title: "Name" },
    strategy: {
      title: "Strategy",
      default: { kind: "anpyc", lam: 3 },
      discriminator: {
        propertyName: "kind",
        mapping: { anpyc: "#/$defs/Anpyc", finetune: "#/$defs/Finetune" },
      },
    },
    training: { $ref: "#/$defs/Training" },
    seed: { type: "integer", minimum: 0, default: 0, title: "Seed" },
  },
  $defs: {
    Anpyc: {
      variants: { "as published": { lam: 0.5 } },
      properties: {
        kind: { const: "anpyc" },
        lam: { type: "number", minimum: 0, default: 3, title: "λ" },
      },
    },
    Finetune: { properties: { kind: { const: "finetune" } } },
    Training: {
      properties: {
        kind: { const: "supervised" },
        hidden: { type: "array", items: { type: "integer", minimum: 1 }, minItems: 1, default: [128, 64] },
        limit: { anyOf: [{ type: "integer", minimum: 1 }, { type: "null" }], default: null },
        order: {
          type: "array",
          items: { type: "string", enum: ["a", "b", "c"] },
          minItems: 2,
          default: ["c", "a"],
        },
        factor: { type: "number", exclusiveMinimum: 0, maximum: 1, default: 0.9 },
      },
    },
  },
};

const nodes = readSchema(SCHEMA);
const initial = draftOf(nodes);
const problemsOf = (changes: Record<string, string | boolean>) =>
  read(nodes, { ...initial, ...changes }).problems;

describe("the form's draft", () => {
  it("reads its defaults back as the specification's defaults", () => {
    expect(read(nodes, initial)).toEqual({
      spec: {
        name: "",
        strategy: { kind: "anpyc", lam: 3 },
        training: { kind: "supervised", hidden: [128, 64], limit: null, order: ["c", "a"], factor: 0.9 },
        seed: 0,
      },
      grid: {},
      problems: [],
    });
  });

  it("shows only the fields of the chosen kind, and keeps what was typed for the other", () => {
    const away = { ...initial, "strategy/anpyc.lam": "7", strategy: "finetune" };
    expect(read(nodes, away).spec.strategy).toEqual({ kind: "finetune" });
    expect(read(nodes, { ...away, strategy: "anpyc" }).spec.strategy).toEqual({ kind: "anpyc", lam: 7 });
  });

  it("survives the way through a specification", () => {
    const spec = {
      name: "a",
      strategy: { kind: "finetune" },
      training: { kind: "supervised", hidden: [5], limit: 9, order: ["b", "a", "c"], factor: 1 },
      seed: 4,
    };
    expect(read(nodes, draftOf(nodes, spec)).spec).toEqual(spec);
  });

  it("keeps the values of a sweep on the way through YAML", () => {
    const sweep = read(nodes, { ...initial, "strategy/anpyc.lam": "1, 3", seed: "0..2" });
    const written = withGrid(sweep.spec, sweep.grid);
    expect(written).toMatchObject({ strategy: { kind: "anpyc", lam: [1, 3] }, seed: [0, 1, 2] });
    expect(read(nodes, draftOf(nodes, written))).toEqual(sweep);
  });

  it("says what is wrong at the path that the API uses", () => {
    expect(problemsOf({ "strategy/anpyc.lam": "-1" })).toEqual([
      { field: "strategy.lam", message: "Must be at least 0." },
    ]);
    expect(problemsOf({ "training/supervised.factor": "0" })[0]?.message).toBe("Must be more than 0.");
    expect(problemsOf({ "training/supervised.hidden": "12, x" })[0]?.field).toBe("training.hidden");
    expect(problemsOf({ seed: "1.5" })[0]?.message).toBe("Enter a whole number.");
    expect(problemsOf({ seed: "" })[0]?.message).toBe("Enter a number.");
    expect(problemsOf({ "training/supervised.order": "c" })[0]?.message).toBe("Choose at least 2.");
    expect(problemsOf({ name: "01234567890" })[0]?.field).toBe("name");
  });

  it("makes a grid of comma lists, with bounds on every value", () => {
    const reading = read(nodes, { ...initial, "strategy/anpyc.lam": "1, 3, 1e1", seed: "0..2" });
    expect(reading.grid).toEqual({ "strategy.lam": [1, 3, 10], seed: [0, 1, 2] });
    expect(combinations(reading.grid)).toBe(9);
    expect(problemsOf({ "strategy/anpyc.lam": "1, -3" })).toHaveLength(1);
    expect(problemsOf({ seed: "0..199" })).toEqual([]);
    expect(problemsOf({ seed: "0–200" })[0]?.message).toBe("At most 200 values.");
    expect(problemsOf({ seed: "0–99999999999999999999" })[0]?.message).toBe("At most 200 values.");
    expect(problemsOf({ "strategy/anpyc.lam": "1, 1" })[0]?.message).toBe("A value stands here twice.");
  });
});

describe("numbersIn", () => {
  it("reads what people type", () => {
    expect(numbersIn("1e-3")).toEqual([0.001]);
    expect(numbersIn("1, 3,")).toEqual([1, 3]);
    expect(numbersIn("0–3")).toEqual([0, 1, 2, 3]);
    expect(numbersIn("3..1")).toBeNull();
    expect(numbersIn("one")).toBeNull();
    expect(numbersIn("1,,2")).toBeNull();
  });
});

describe("differences", () => {
  it("names the paths that changed, and a changed kind with what it brings", () => {
    const one = { seed: 0, strategy: { kind: "anpyc", lam: 3 } };
    expect(differences(one, { seed: 1, strategy: { kind: "anpyc", lam: 3 } })).toEqual(["seed"]);
    expect(differences(one, { seed: 0, strategy: { kind: "finetune" } })).toEqual([
      "strategy.kind",
      "strategy.lam",
    ]);
  });
});

describe("misfits", () => {
  it("finds unknown fields and kinds, and nothing in what the form wrote", () => {
    expect(misfits(nodes, read(nodes, initial).spec)).toEqual([]);
    expect(
      misfits(nodes, { sed: 1, strategy: { kind: "anpyc", lamda: 3 } }).map(({ field }) => field),
    ).toEqual(["sed", "strategy.lamda"]);
    expect(misfits(nodes, { strategy: { kind: "finetune", lam: 3 } })[0]?.field).toBe("strategy.lam");
    expect(misfits(nodes, { strategy: { kind: "ewcc" } })[0]?.message).toBe(
      "Choose one of: anpyc, finetune.",
    );
    expect(misfits(nodes, { strategy: 3 })[0]?.field).toBe("strategy");
  });
});

describe("variants of a kind", () => {
  const part = nodes.find(({ path }) => path === "strategy") as Part;

  it("are its defaults and what the schema names", () => {
    const option = chosen(part, initial);
    expect(option && variantsOf(option)).toEqual([
      { name: "default", draft: { "strategy/anpyc.lam": "3" } },
      { name: "as published", draft: { "strategy/anpyc.lam": "0.5" } },
    ]);
  });

  it("are not offered where there are none", () => {
    const option = chosen(part, { ...initial, strategy: "finetune" });
    expect(option && variantsOf(option)).toEqual([]);
  });
});
