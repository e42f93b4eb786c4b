/** Columns moved by dragging their heads, or by keys. */

/** Where a column goes: so many places on, or to where another one stands. */
export type To = number | { at: string };

/** The columns with one of them moved. */
export function moved(columns: readonly string[], name: string, to: To): string[] {
  const from = columns.indexOf(name);
  const place = typeof to === "number" ? from + to : columns.indexOf(to.at);
  if (from < 0 || place < 0 || place >= columns.length) return [...columns];
  const rest = columns.filter((other) => other !== name);
  rest.splice(place, 0, name);
  return rest;
}
