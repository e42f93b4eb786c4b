import { describe, expect, it } from "vitest";
import { csvCell } from "./csv";

describe("csvCell", () => {
  it("quotes what would break a line apart", () => {
    expect(csvCell('a "b", c')).toBe('"a ""b"", c"');
    expect(csvCell("two\nlines")).toBe('"two\nlines"');
    expect(csvCell(null)).toBe("");
  });

  it("leaves numbers alone and takes the teeth out of formulas", () => {
    expect(csvCell(-1.5)).toBe("-1.5");
    expect(csvCell("+3")).toBe("+3");
    expect(csvCell("=1+1")).toBe("'=1+1");
    expect(csvCell('=HYPERLINK("x")')).toBe('"\'=HYPERLINK(""x"")"');
    expect(csvCell("@cmd")).toBe("'@cmd");
    expect(csvCell("-cmd")).toBe("'-cmd");
    expect(csvCell("-1+1")).toBe("'-1+1");
    expect(csvCell("-3")).toBe("-3");
  });
});
