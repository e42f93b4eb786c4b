/** What stands in the browser's history: an entry for each thing that is done, not for each step of it. */

export interface Change {
  /** Which parts of the address it changed. */
  keys: string;
  /** Milliseconds. */
  at: number;
}

/** Changes of the same parts that follow each other as fast as this are one: a slider moved, a key held down. */
const TOGETHER = 1_200;

export function changeOf(part: object, at: number): Change {
  return { keys: Object.keys(part).sort().join(), at };
}

/** Whether a change goes on with the one before it, and so takes its place in the history. */
export function goesOn(last: Change | null, next: Change): boolean {
  return last !== null && last.keys === next.keys && next.at - last.at < TOGETHER;
}
