/** Parts of a filter that stand beside each other, joined by `and`: what chips and menus write and take away. */

/** The parts of a filter at its top level; null where an `or` joins them, or a quote or parenthesis is open. */
export function clausesOf(filter: string): string[] | null {
  const parts: string[] = [];
  let depth = 0;
  let quote = "";
  let begun = 0;
  for (let place = 0; place < filter.length; place += 1) {
    const character = filter[place] as string;
    if (quote) {
      if (character === "\\") place += 1;
      else if (character === quote) quote = "";
    } else if (character === '"' || character === "'") quote = character;
    else if (character === "(") depth += 1;
    else if (character === ")") depth -= 1;
    else if (depth === 0 && (place === 0 || /[\s)]/.test(filter[place - 1] as string))) {
      const [joint] = /^(and|or)(?=[\s(])/i.exec(filter.slice(place)) ?? [];
      if (joint?.toLowerCase() === "or") return null;
      if (joint) {
        parts.push(filter.slice(begun, place).trim());
        begun = place + joint.length;
        place = begun - 1;
      }
    }
  }
  if (quote || depth !== 0) return null;
  return [...parts, filter.slice(begun).trim()].filter(Boolean);
}

/** The text as a value of a filter, in quotes where it needs them. */
export function quoted(value: string): string {
  if (value && !/[\s()",=<>!~'\\]/.test(value)) return value;
  return `"${value.replace(/[\\"]/g, "\\$&")}"`;
}

function unquoted(value: string): string {
  const inner = /^(["'])(.*)\1$/s.exec(value.trim())?.[2];
  return inner === undefined ? value.trim() : inner.replace(/\\(.)/gs, "$1");
}

const VALUE = `(?:"(?:\\\\.|[^"\\\\])*"|'(?:\\\\.|[^'\\\\])*'|[^\\s()",]+)`;

/** The values that a part wants of the field, as `field = value` or `field in (…)`; null for any other part. */
function wantedBy(clause: string, field: string): string[] | null {
  const one = new RegExp(`^${field}\\s*==?\\s*(${VALUE})$`, "is").exec(clause);
  if (one?.[1]) return [unquoted(one[1])];
  const several = new RegExp(`^${field}\\s+in\\s*\\((.*)\\)$`, "is").exec(clause);
  if (several?.[1] === undefined) return null;
  return [...several[1].matchAll(new RegExp(VALUE, "gs"))].map(([value]) => unquoted(value));
}

/** The values that the filter leaves of a field; empty where it does not say. */
export function valuesIn(filter: string, field: string): string[] {
  return (clausesOf(filter) ?? []).flatMap((clause) => wantedBy(clause, field) ?? []);
}

/** The filter with just these values of the field; with none of them it does not name the field. */
export function withValues(filter: string, field: string, values: readonly string[]): string {
  const [only] = values;
  const written = values.map(quoted);
  const clause =
    only === undefined
      ? []
      : [values.length === 1 ? `${field} = ${written[0]}` : `${field} in (${written.join(", ")})`];
  const others = partsOf(filter).filter((part) => wantedBy(part, field) === null);
  return [...others, ...clause].join(" and ");
}

export function hasClause(filter: string, clause: string): boolean {
  return (clausesOf(filter) ?? []).includes(clause);
}

export function toggled(filter: string, clause: string): string {
  const parts = partsOf(filter);
  return (parts.includes(clause) ? parts.filter((part) => part !== clause) : [...parts, clause]).join(
    " and ",
  );
}

/** As a list to which a part can be added. */
function partsOf(filter: string): string[] {
  return clausesOf(filter) ?? (filter.trim() ? [`(${filter.trim()})`] : []);
}

/** Whether the text is words to search for, and no filter. */
export function isWords(text: string): boolean {
  return text.trim() !== "" && !/[=<>!~()"≤≥≠]|\b(is|in)\s/i.test(text);
}
