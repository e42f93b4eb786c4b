/** Fetching a part of the page that is loaded when it is first shown, through a server that may be away. */

/** The server answers, but no longer has this part: it was updated since the page was opened. */
export class PartMissing extends Error {
  constructor(cause: unknown) {
    super("This part of the page could not be loaded; the dashboard has probably been updated.", { cause });
  }
}

const FIRST_WAIT = 500;
const LONGEST_WAIT = 5_000;
/** So often it is asked for from a server that answers. */
const TRIES = 3;

export interface Surroundings {
  wait: (milliseconds: number) => Promise<void>;
  /** Whether the server can be reached. */
  answers: () => Promise<boolean>;
  /** Fetches styles anew that did not arrive; the build's own loader asks for each only once. */
  restyle: () => Promise<void>;
}

/** What `load` answers. As long as the server is away it is tried again; then `TRIES` times at most. */
export async function persistently<T>(
  load: () => Promise<T>,
  { wait, answers, restyle }: Surroundings = browser,
): Promise<T> {
  let pause = FIRST_WAIT;
  let refused = 0;
  for (;;) {
    try {
      const part = await load();
      await restyle();
      return part;
    } catch (failure) {
      if (await answers()) refused += 1;
      if (refused >= TRIES) throw new PartMissing(failure);
    }
    await wait(pause);
    pause = Math.min(2 * pause, LONGEST_WAIT);
  }
}

async function reaches(): Promise<boolean> {
  try {
    return (await fetch("/api/health", { cache: "no-store" })).ok;
  } catch {
    return false;
  }
}

/** Sheets that did not arrive; they stand in the page all the same, without rules. */
const unstyled = new Set<HTMLLinkElement>();

/** Notes which sheets do not arrive, from when the page begins. */
export function watchStyles(): void {
  const failed = ({ target }: Event) => {
    if (target instanceof HTMLLinkElement && target.rel === "stylesheet") unstyled.add(target);
  };
  document.addEventListener("error", failed, true);
}

async function fetchStyles(): Promise<void> {
  await Promise.all([...unstyled].map(again));
}

function again(link: HTMLLinkElement): Promise<void> {
  unstyled.delete(link);
  const fresh = link.cloneNode() as HTMLLinkElement;
  return new Promise((resolve, reject) => {
    fresh.addEventListener("load", () => resolve());
    fresh.addEventListener("error", () => reject(new Error(`${link.href} could not be loaded.`)));
    link.replaceWith(fresh);
  });
}

const browser: Surroundings = {
  wait: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
  answers: reaches,
  restyle: fetchStyles,
};
