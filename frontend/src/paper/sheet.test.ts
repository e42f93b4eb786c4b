import { describe, expect, it } from "vitest";
import { isIn } from "./print";
import { addressOf, commandOf, FIRST, remembered } from "./sheet";

const SUBJECT = {
  name: "mask_heatmap",
  runs: ["R1"],
  params: { layer: "fc1.weight", task: 2 },
  hidden: ["task 0"],
};

describe("a figure for print", () => {
  it("is asked for with its size, its options and without what is hidden", () => {
    expect(addressOf(SUBJECT, { ...FIRST, columns: "2", height_mm: 60 }, "json")).toBe(
      "/api/figures/mask_heatmap.json?run=R1&layer=fc1.weight&task=2&width_mm=174&height_mm=60&font=sans&font_size=8&hide=task+0",
    );
    expect(addressOf(SUBJECT, FIRST, "csv")).not.toContain("width");
  });

  it("is the same by command", () => {
    const png = { ...FIRST, form: "png", columns: "0", width_mm: 100, scale: 4, font: "serif" } as const;
    expect(commandOf(SUBJECT, png, "mask")).toBe(
      "anpyc figure R1 mask_heatmap --width 100mm --font serif --scale 4 --set layer=fc1.weight --set task=2 --hide 'task 0' -o mask.png",
    );
  });

  it("remembers what was chosen, and nothing that is not known any more", () => {
    expect(remembered(JSON.stringify({ form: "svg" }))).toEqual({ ...FIRST, form: "svg" });
    expect(remembered('{"form": "gif"}')).toEqual(FIRST);
    expect(remembered("{")).toEqual(FIRST);
    expect(remembered(null)).toEqual(FIRST);
  });
});

describe("parts of a font", () => {
  it("are those whose letters occur", () => {
    expect(isIn("U+0000-00FF,U+0131", 0x41)).toBe(true);
    expect(isIn("U+0000-00FF, U+0131", 0x131)).toBe(true);
    expect(isIn("U+0370-03FF", 0x41)).toBe(false);
  });
});
