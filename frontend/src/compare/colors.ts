/** Colours that a reader has given to methods: "1f3a5b7c9d1e.3,…", the place of a colour by method. */

export type Chosen = Readonly<Record<string, number>>;

const CHOICE = /^([0-9A-Za-z]{1,32})\.(\d{1,2})$/;
/** The server takes 8,000 characters. */
const MOST = 200;

export function colorsOf(text: string | undefined): Chosen {
  const found: Record<string, number> = {};
  for (const each of (text ?? "").split(",")) {
    const [, method, slot] = CHOICE.exec(each) ?? [];
    if (method !== undefined) found[method] = Number(slot);
  }
  return found;
}

export function colorsText(chosen: Chosen): string | undefined {
  const choices = Object.entries(chosen).slice(-MOST);
  return choices.length ? choices.map(([method, slot]) => `${method}.${slot}`).join(",") : undefined;
}

/** With a colour for a method, which whoever else had chosen it loses; undefined gives the method its own back. */
export function withColor(chosen: Chosen, method: string, slot: number | undefined): Chosen {
  const others = Object.entries(chosen).filter(([other, taken]) => other !== method && taken !== slot);
  return Object.fromEntries(slot === undefined ? others : [...others, [method, slot]]);
}

/** Of the kept choices those that concern what is compared. */
export function colorsFor(chosen: Chosen, methods: ReadonlySet<string>): Chosen {
  return Object.fromEntries(Object.entries(chosen).filter(([method]) => methods.has(method)));
}
