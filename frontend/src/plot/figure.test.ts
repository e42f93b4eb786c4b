import { describe, expect, it } from "vitest";
import { marked, pointsIn, standingOut, unpack, without } from "./figure";

const packed = (values: Float64Array | Int16Array, dtype: string, shape?: string) => ({
  bdata: Buffer.from(values.buffer).toString("base64"),
  dtype,
  ...(shape ? { shape } : {}),
});

describe("unpack", () => {
  it("reads packed numbers, flat and two-dimensional", () => {
    expect(unpack(packed(new Float64Array([0.5, 1.5]), "f8"))).toEqual([0.5, 1.5]);
    expect(unpack(packed(new Int16Array([1, 2, 3, 4, 5, 6]), "i2", "2, 3"))).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]);
  });
});

describe("pointsIn", () => {
  it("counts points and cells, but neither gaps nor hidden traces", () => {
    const figure = {
      data: [
        { x: [1, 2, 3], y: [0.1, null, 0.3] },
        { z: packed(new Int16Array([1, 2, 3, 4]), "i2", "2, 2") },
        { x: [1], y: [1], visible: false },
      ],
      layout: {},
    };
    expect(pointsIn(figure)).toBe(2 + 4);
  });
});

describe("ornaments", () => {
  const figure = {
    data: [
      { name: "task 0", x: [1], y: [2] },
      { mode: "text", x: [0], y: [0], text: ["93.1"] },
      { mode: "markers", x: [null], y: [null], marker: { showscale: true } },
    ],
    layout: {},
  };

  it("are no points", () => {
    expect(pointsIn(figure)).toBe(1);
  });
});

describe("standingOut", () => {
  it("makes the others faint, and nothing where there is no such line", () => {
    const figure = {
      data: [
        { name: "task 0", y: [1] },
        { name: "task 1", y: [2] },
      ],
      layout: {},
    };
    expect(standingOut(figure, "task 1").data.map(({ opacity }) => opacity)).toEqual([0.15, undefined]);
    expect(standingOut(figure, "task 9")).toBe(figure);
  });
});

describe("marked", () => {
  const figure = {
    data: [{ type: "heatmap", x0: 1.5, dx: 4, y0: 0, dy: 1, z: [] }],
    layout: { shapes: [{ type: "line" }] },
  };

  it("frames the cell in which a weight lies", () => {
    const shapes = marked(figure, [2, 6]).layout.shapes as object[];
    expect(shapes).toHaveLength(3);
    for (const frame of shapes.slice(1))
      expect(frame).toMatchObject({ type: "rect", x0: 3.5, x1: 7.5, y0: 1.5, y1: 2.5 });
  });

  it("leaves what is no picture of cells as it is", () => {
    const curve = { data: [{ y: [1] }], layout: {} };
    expect(marked(curve, [0, 0])).toBe(curve);
  });
});

describe("without", () => {
  it("hides a trace with the label at its end, and keeps the name over its boundary", () => {
    const figure = {
      data: [
        { name: "task 0", y: [1, 2] },
        { name: "task 1", y: [3] },
      ],
      layout: {
        annotations: [
          { text: "task 0", xref: "paper" },
          { text: "task 0", xref: "x" },
          { text: "task 1", xref: "paper" },
        ],
      },
    };
    const shown = without(figure, new Set(["task 0"]));
    expect(pointsIn(shown)).toBe(1);
    expect(shown.layout.annotations).toEqual([
      { text: "task 0", xref: "x" },
      { text: "task 1", xref: "paper" },
    ]);
    expect(pointsIn(figure)).toBe(3);
  });
});
