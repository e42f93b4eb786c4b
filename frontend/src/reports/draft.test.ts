import { describe, expect, it } from "vitest";
import { blockOf, inserted } from "./draft";

describe("a block", () => {
  it("is lines of names and values, without what is not given", () => {
    expect(blockOf("figure", { run: "R", name: "loss", layer: undefined })).toBe(
      "```figure\nrun: R\nname: loss\n```",
    );
  });

  it("stands on lines of its own where the cursor is", () => {
    const block = blockOf("runs", { limit: "5" });
    expect(inserted("before\nafter", 6, block)).toBe(`before\n\n${block}\n\nafter`);
    expect(inserted("", 0, block)).toBe(`${block}\n\n`);
  });
});
