import { describe, expect, it } from "vitest";
import { parametersInWords, sizeOf, storedInWords } from "./size";

const DATASETS = [
  { kind: "digits", shape: [1, 8, 8], classes: 10 },
  { kind: "mnist", shape: [1, 28, 28], classes: 10 },
  { kind: "cifar100", shape: [3, 32, 32], classes: 100 },
  { kind: "images", shape: [3, 32, 32], classes: 1_000 },
];
const TRAINING = { kind: "supervised", epochs: 10, optimizer: "sgd", momentum: 0 };
const spec = (parts: Record<string, unknown>) => ({
  benchmark: { kind: "permuted", tasks: 5, scenario: "task" },
  dataset: { kind: "digits" },
  model: { kind: "mlp", hidden: [256, 128] },
  strategy: { kind: "finetune" },
  training: TRAINING,
  ...parts,
});

describe("sizeOf", () => {
  // The numbers are those of the networks that PyTorch builds.
  it("counts an MLP with a head per task", () => {
    const size = sizeOf(spec({}), DATASETS);
    expect([size?.shared, size?.heads]).toEqual([49_536, 6_450]);
    expect(size && parametersInWords(size)).toBe("55,986 parameters, 6,450 of them in the heads");
  });

  it("counts the convolutional network on split images", () => {
    const benchmark = { kind: "split", tasks: 5, scenario: "task", classes_per_task: 2 };
    const model = { kind: "convnet", channels: [64, 128, 256], units: 512 };
    const size = sizeOf(spec({ benchmark, model, dataset: { kind: "cifar100" } }), DATASETS);
    expect([size?.shared, size?.heads]).toEqual([2_468_480, 5_130]);
  });

  it("counts ResNet-18 with one head over all classes", () => {
    const benchmark = { kind: "split", tasks: 10, scenario: "class", classes_per_task: 10 };
    const size = sizeOf(
      spec({ benchmark, model: { kind: "resnet18", width: 64 }, dataset: { kind: "cifar100" } }),
      DATASETS,
    );
    expect([size?.shared, size?.heads]).toEqual([11_168_832, 51_300]);
  });

  it("pads images, and takes the largest of a sequence", () => {
    const wide = sizeOf(spec({ dataset: { kind: "mnist", pad: 2 } }), DATASETS);
    expect(wide?.shared).toBe((32 * 32 + 1) * 256 + 257 * 128);
    const benchmark = { kind: "sequence", datasets: ["digits", "cifar100"], scenario: "task" };
    expect(sizeOf(spec({ benchmark }), DATASETS)?.shared).toBe((3 * 32 * 32 + 1) * 256 + 257 * 128);
  });

  it("stores more with masks, more tasks and an optimizer that remembers", () => {
    const total = (parts: Record<string, unknown>) => {
      const size = sizeOf(spec(parts), DATASETS);
      return size ? size.recorded + size.checkpoints : 0;
    };
    const pruning = { kind: "anpyc", initial_prune_percent: 50, prune_decay: 0.8, prune_step: 10 };
    expect(total({ strategy: pruning })).toBeGreaterThan(2 * total({}));
    expect(total({ training: { ...TRAINING, optimizer: "adam" } })).toBeGreaterThan(total({}));
    const benchmark = { kind: "permuted", tasks: 10, scenario: "task" };
    const recorded = (parts: Record<string, unknown>) => sizeOf(spec(parts), DATASETS)?.recorded ?? 0;
    expect(recorded({ strategy: pruning, benchmark })).toBeGreaterThan(1.9 * recorded({ strategy: pruning }));
  });

  it("comes close to what a real run of the demo stored", () => {
    const demo = sizeOf(
      spec({
        training: { ...TRAINING, epochs: 60 },
        strategy: {
          kind: "anpyc",
          initial_prune_percent: 50,
          prune_decay: 0.8,
          prune_step: 10,
          retrain_epochs: 5,
        },
      }),
      DATASETS,
    );
    // Measured: 1.12 MB of masks and 0.43 MB of curves and events; two checkpoints of 1.19 MB.
    expect(Math.abs((demo?.recorded ?? 0) / 1_550_000 - 1)).toBeLessThan(0.15);
    expect(Math.abs((demo?.checkpoints ?? 0) / 2_372_000 - 1)).toBeLessThan(0.1);
  });

  it("says nothing of own images, whose shape is not known", () => {
    expect(sizeOf(spec({ dataset: { kind: "images" } }), DATASETS)).toBeNull();
  });

  it("multiplies over the runs of a sweep", () => {
    const size = { shared: 1, heads: 1, recorded: 1_200_000, checkpoints: 900_000 };
    expect(storedInWords(size, 10)).toBe(
      "About 21.0 MB stored: 12.0 MB of masks and curves, 9.0 MB of checkpoints",
    );
  });
});
