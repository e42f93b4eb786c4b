import { describe, expect, it } from "vitest";
import { formatsOf, formatted, readFormats, writeFormats } from "./formats";

describe("formats of columns", () => {
  it("writes shares in percent and differences in points, with the digits that are asked for", () => {
    expect(formatted(0.96238, "share", "digits-2")).toBe("96.24 %");
    expect(formatted(0.96238, "share", "plain")).toBe("0.96238");
    expect(formatted(0.014, "loss", "digits-0")).toBe("1 pt");
    expect(formatted(-0.014, "change", "digits-1")).toBe("−1.4 pt");
    expect(formatted(0.014, "change", "digits-1")).toBe("+1.4 pt");
  });

  it("writes numbers as powers of ten, in percent, or rounded", () => {
    expect(formatted(0.00031, "number", "scientific")).toBe("3.10e−4");
    expect(formatted(0.8, "number", "percent")).toBe("80.0 %");
    expect(formatted(123456.7, "number", "digits-0")).toBe("123,457");
    expect(formatted(75.25, "duration", "digits-1")).toBe("75.3 s");
  });

  it("offers what makes sense, and travels in the address", () => {
    expect(formatsOf("text")).toEqual([]);
    expect(formatsOf("moment").map(({ value }) => value)).toEqual(["relative", "date"]);
    const formats = { "training.lr": "scientific", created: "date" } as const;
    expect(readFormats(writeFormats(formats))).toEqual(formats);
    expect(readFormats(["name:loud", "nothing"])).toEqual({});
  });
});
