import { describe, expect, it } from "vitest";
import { labelOf, settingGroups, settingTitle, settingValue, writing } from "./tables";

describe("the tables of a comparison", () => {
  it("name the settings that differ, and tell columns of one title apart", () => {
    expect(settingTitle("strategy.kind", "Kind")).toBe("Strategy");
    expect(settingTitle("strategy.lam", "λ")).toBe("λ");
    expect(labelOf({ title: "same", note: "seed 0" })).toBe("same (seed 0)");
    expect(labelOf({ title: "one", note: "" })).toBe("one");
  });

  it("call values as the form does, and leave a person's words alone", () => {
    const values = ["closed_form", "adam", true, 3, null, "784, 10"] as const;
    expect(values.map((value) => settingValue("strategy.consolidation", value))).toEqual([
      "Closed form",
      "Adam",
      "on",
      "3",
      "–",
      "784, 10",
    ]);
    expect(settingValue("name", "my_run")).toBe("my_run");
    expect(settingValue("training.optimizer", "sgd")).toBe("SGD");
    expect(settingValue("strategy.kind", "anpyc", (part, kind) => `${part}: ${kind}`)).toBe(
      "strategy: anpyc",
    );
  });

  it("round no share up to the whole, and change no difference", () => {
    expect([0.99999, 0.962, -0.01].map(writing("%"))).toEqual(["over 99.9", "96.2", "−1.0"]);
    expect([0.99999, -0.014].map(writing("points"))).toEqual(["100.0", "−1.4"]);
  });

  it("group what differs by part, and count what only some have", () => {
    const rows = [
      { field: "seed", title: "Seed", unit: "", values: [0, 1] },
      { field: "strategy.kind", title: "Kind", unit: "", values: ["ewc", "mas"] },
      { field: "strategy.lam", title: "λ", unit: "", values: [3, null] },
      { field: "training.epochs", title: "Epochs", unit: "", values: [1, 2] },
    ];
    const { groups, partial } = settingGroups(rows);
    expect(groups.map(({ part, rows: of }) => [part, of.length])).toEqual([
      ["run", 1],
      ["strategy", 1],
      ["training", 1],
    ]);
    expect(partial).toBe(1);
    expect(settingGroups(rows, true).groups[1]?.rows).toHaveLength(2);
  });
});
