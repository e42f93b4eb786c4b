/** The newest at the right end; a share of 1 is the whole height. */
export function pointsOf(values: readonly (number | null)[]): string {
  const first = 60 - values.length;
  return values
    .map((value, place) => [first + place + 0.5, value] as const)
    .filter((point): point is readonly [number, number] => point[1] !== null)
    .map(([x, value]) => `${x},${(15 - 14 * Math.min(1, Math.max(0, value))).toFixed(1)}`)
    .join(" ");
}
