/** Of a run that a worker trains as one with others of its shape, how many those are. */
export function company(together: unknown): string {
  if (typeof together !== "number" || together < 2) return "";
  return `trained as one with ${together === 2 ? "another run" : `${together - 1} others`}`;
}
