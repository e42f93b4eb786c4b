/** Small images painted on a canvas: a mask between free and consolidated, magnitudes from pale to dark. */

type Colour = [number, number, number];

const PALETTES = {
  light: { low: [226, 231, 229] as Colour, high: [11, 93, 94] as Colour, negative: [178, 84, 20] as Colour },
  dark: { low: [38, 45, 51] as Colour, high: [84, 214, 206] as Colour, negative: [242, 149, 63] as Colour },
};

function mix(from: Colour, to: Colour, share: number): Colour {
  return from.map((start, channel) => Math.round(start + ((to[channel] ?? 0) - start) * share)) as Colour;
}

/** The colour of `value` when `most` is the largest magnitude; below zero the other way. */
export function colourOf(value: number, most: number, scheme: "light" | "dark"): Colour {
  const { low, high, negative } = PALETTES[scheme];
  const share = most > 0 ? Math.min(1, Math.abs(value) / most) : 0;
  return mix(low, value < 0 ? negative : high, share);
}

export function largest(image: number[][]): number {
  return image.reduce((most, row) => row.reduce((best, value) => Math.max(best, Math.abs(value)), most), 0);
}

export function paint(
  canvas: HTMLCanvasElement,
  image: number[][],
  most: number,
  scheme: "light" | "dark",
): void {
  const height = image.length;
  const width = image[0]?.length ?? 0;
  const context = canvas.getContext("2d");
  if (!context || !width) return;
  canvas.width = width;
  canvas.height = height;
  const pixels = context.createImageData(width, height);
  image.forEach((row, y) => {
    row.forEach((value, x) => {
      pixels.data.set([...colourOf(value, most, scheme), 255], (y * width + x) * 4);
    });
  });
  context.putImageData(pixels, 0, 0);
}
