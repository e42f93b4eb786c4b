import { expect, test } from "vitest";
import {
  benchmarksOf,
  commonValue,
  readNumbers,
  type StudyRequest,
  withBenchmarks,
  withCommon,
  withSetting,
  written,
} from "./request";

const study: StudyRequest = {
  spec: { benchmark: { kind: "permuted", tasks: 5 }, training: { epochs: 30 } },
  methods: [{ strategy: { kind: "anpyc" } }, { strategy: { kind: "ewc" }, training: { epochs: 60 } }],
  seeds: [0, 1, 2],
};

test("one number, several, or none", () => {
  expect(readNumbers("3")).toBe(3);
  expect(readNumbers("1, 10")).toEqual([1, 10]);
  expect(readNumbers("0..2")).toEqual([0, 1, 2]);
  expect(readNumbers(" ")).toBeUndefined();
  expect(readNumbers("many")).toBeNull();
  expect(written([1, 10])).toBe("1, 10");
  expect(written(undefined)).toBe("");
});

test("a method keeps its own settings", () => {
  const changed = withSetting(study, 0, "lam", [1, 10]);
  expect(changed.methods.map(({ strategy }) => strategy.lam)).toEqual([[1, 10], undefined]);
  expect(withSetting(changed, 0, "lam", undefined).methods).toEqual(study.methods);
});

test("what is typed for all counts for all, several values are varied", () => {
  const one = withCommon(study, "training.epochs", 5);
  expect([one.spec?.training?.epochs, one.methods[1]?.training]).toEqual([5, {}]);
  const two = withCommon(one, "training.epochs", [5, 10]);
  expect(two.grid).toEqual({ "training.epochs": [5, 10] });
  expect(commonValue(two, "training.epochs")).toEqual([5, 10]);
  expect(withCommon(two, "training.epochs", 7).grid).toEqual({});
});

test("several benchmarks are varied, one is what all share", () => {
  const two = withBenchmarks(study, ["permuted", "split"]);
  expect(two.benchmarks).toEqual([
    { benchmark: { kind: "permuted", tasks: 5 } },
    { benchmark: { kind: "split" } },
  ]);
  expect(benchmarksOf(two)).toEqual(["permuted", "split"]);
  expect(benchmarksOf(withBenchmarks(two, ["split"]))).toEqual(["split"]);
});
