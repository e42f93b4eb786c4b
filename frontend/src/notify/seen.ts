/** Which notice this browser has told last, so that none is told twice and none of before it was opened. */

const KEY = "anpyc.told";

interface Known {
  id: string;
}

/** Of the newest first, those that are still to be told, the oldest first. */
export function untold<T extends Known>(newest: readonly T[], told: string | null): T[] {
  if (told === null) return [];
  return newest.filter(({ id }) => id > told).reverse();
}

/** What was told last; null where nothing is known. */
export function toldLast(): string | null {
  try {
    return window.localStorage.getItem(KEY);
  } catch {
    return null; // a browser that keeps nothing tells what comes while the page is open
  }
}

export function keepTold(id: string): void {
  try {
    window.localStorage.setItem(KEY, id);
  } catch {
    // see above
  }
}
