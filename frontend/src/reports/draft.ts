/** What is being written is kept in the browser until it is saved: a closed window loses nothing. */

export interface Draft {
  title: string;
  text: string;
  /** Of the report that it was begun from. */
  version: number;
}

const place = (id: string) => `anpyc-report-${id}`;

export function keptDraft(id: string): Draft | null {
  try {
    const known = JSON.parse(localStorage.getItem(place(id)) ?? "null") as Draft | null;
    return known && typeof known.text === "string" && typeof known.version === "number" ? known : null;
  } catch {
    return null;
  }
}

export function keepDraft(id: string, draft: Draft | null): void {
  try {
    if (draft) localStorage.setItem(place(id), JSON.stringify(draft));
    else localStorage.removeItem(place(id));
  } catch {
    // A full or closed store: what is written stays on the page.
  }
}

/** The text with a block where the cursor stands, on lines of its own. */
export function inserted(text: string, at: number, block: string): string {
  const before = text.slice(0, at).replace(/\n*$/, "");
  const after = text.slice(at).replace(/^\n*/, "");
  return `${before}${before ? "\n\n" : ""}${block}\n\n${after}`;
}

/** A fenced block of names and values. */
export function blockOf(
  kind: "figure" | "table" | "runs",
  options: Record<string, string | undefined>,
): string {
  const lines = Object.entries(options).filter(([, value]) => value);
  return `\`\`\`${kind}\n${lines.map(([name, value]) => `${name}: ${value}\n`).join("")}\`\`\``;
}
