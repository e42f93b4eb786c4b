import { describe, expect, it } from "vitest";
import { type FigureData, pointsIn } from "./figure";
import { decoded, pixelsOf, saidAt, withNumbers, withoutCells, wordsAt } from "./raster";

/** As the server packs it. */
function packed(figure: object, cells: ArrayBufferView): ArrayBuffer {
  const head = new TextEncoder().encode(JSON.stringify(figure));
  const length = head.length + ((8 - ((4 + head.length) % 8)) % 8);
  const bytes = new Uint8Array(4 + length + cells.byteLength).fill(32);
  new DataView(bytes.buffer).setUint32(0, length, true);
  bytes.set(head, 4);
  bytes.set(new Uint8Array(cells.buffer), 4 + length);
  return bytes.buffer;
}

const TRACE = { type: "heatmap", z: [], x0: 1.5, dx: 4, y0: 0.5, dy: 2, zmin: 0, zmax: 100 };
const SCALE = [
  [0, "#000000"],
  [1, "#ff8000"],
];
const LAYOUT = {
  xaxis: { labelalias: { "5.5": "inputs 4–7" } },
  yaxis: { labelalias: { "0.5": "units 0–1" } },
};

const shares = (): FigureData =>
  decoded(
    packed(
      {
        data: [
          {
            ...TRACE,
            colorscale: SCALE,
            raster: { rows: 2, cols: 3, values: [0, 50, null], words: ["0.0 % kept", "50.0 % kept"] },
          },
        ],
        layout: LAYOUT,
      },
      new Uint8Array([0, 1, 1, 2, 0, 1]),
    ),
  );

describe("a heatmap whose cells come as bytes", () => {
  it("has its numbers again for a table and for a picture to save", () => {
    const figure = withNumbers(shares());
    expect(figure.data[0]?.z).toEqual([
      [0, 50, 50],
      [null, 0, 50],
    ]);
    expect(figure.cells).toBeUndefined();
    expect(pointsIn(shares())).toBe(6);
  });

  it("leaves plotly the axes and the bar of colours", () => {
    const figure = shares();
    const [cell, bar] = withoutCells(figure.data[0] as never, figure.cells as never);
    // Where all cells lie, so that plotly can show the whole by itself.
    expect(cell).toMatchObject({ x0: 5.5, dx: 12, y0: 1.5, dy: 4, opacity: 0, showscale: false });
    expect(bar?.marker).toMatchObject({ cmin: 0, cmax: 100, colorscale: SCALE, showscale: true });
  });

  it("is coloured along its scale, and not where there is nothing", () => {
    const figure = shares();
    const colors = [...pixelsOf(figure.cells as never, figure.data[0] as never)];
    const half = 0xff004080;
    expect(colors).toEqual([0xff000000, half, half, 0, 0xff000000, half]);
  });

  it("is coloured by bytes of other kinds just so", () => {
    const about = { rows: 1, cols: 3, noun: "weight" };
    const figure = decoded(
      packed(
        { data: [{ ...TRACE, colorscale: SCALE, raster: about }], layout: {} },
        new Float32Array([-5, 0.012345, 1e9]),
      ),
    );
    const [low, , high] = pixelsOf(figure.cells as never, figure.data[0] as never);
    expect([low, high]).toEqual([0xff000000, 0xff0080ff]);
    expect(wordsAt(figure.cells as never, 0, 0)).toBe("weight −5");
    expect(wordsAt(figure.cells as never, 0, 1)).toBe("weight 0.0123");
    const values = Array.from({ length: 300 }, (_, place) => place);
    const wide = decoded(
      packed(
        { data: [{ ...TRACE, raster: { rows: 1, cols: 2, values, words: values.map(String) } }], layout: {} },
        new Uint16Array([299, 4]),
      ),
    );
    expect(wordsAt(wide.cells as never, 0, 0)).toBe("299");
  });

  it("says what lies under the pointer", () => {
    const frame = { left: 0, top: 0, width: 300, height: 200, x: [-0.5, 11.5], y: [-0.5, 3.5] } as const;
    const at = (left: number, top: number) => saidAt(shares(), frame as never, left, top);
    expect(at(150, 50)).toBe("units 0–1, inputs 4–7: 50.0 % kept");
    expect(at(10, 50)).toBe("units 0–1, 1.5: 0.0 % kept");
    expect(at(10, 150)).toBeNull();
    expect(at(301, 50)).toBeNull();
  });
});
