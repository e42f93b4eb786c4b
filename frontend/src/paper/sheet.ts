/** How a figure is to be printed: what the dialogue remembers, and what it asks the server for. */

import type { FigureParams } from "../api/queries";
import { ROOT } from "../root";

export const FORMS = ["pdf", "svg", "png", "csv", "json"] as const;
export type Form = (typeof FORMS)[number];

export interface Settings {
  form: Form;
  /** How many columns of a paper it is wide; "0": as many millimetres as said. */
  columns: "1" | "2" | "0";
  width_mm: number;
  /** Null: as suits the figure. */
  height_mm: number | null;
  font: "sans" | "serif" | "stix";
  font_size: number;
  scale: number;
}

export const FIRST: Settings = {
  form: "pdf",
  columns: "1",
  width_mm: 120,
  height_mm: null,
  font: "sans",
  font_size: 8,
  scale: 2,
};

const COLUMNS_MM = { "1": 84, "2": 174 } as const;

export interface Subject {
  name: string;
  runs: string[];
  params: FigureParams;
  /** Names of lines that are left out. */
  hidden: readonly string[];
}

export function widthOf({ columns, width_mm }: Settings): number {
  return columns === "0" ? width_mm : COLUMNS_MM[columns];
}

/** The names and values of a request, which are those of the command too. */
function asked({ runs, params, hidden }: Subject, settings: Settings, form: Form): [string, string][] {
  const { height_mm, font, font_size, scale } = settings;
  const paper =
    form === "csv"
      ? {}
      : { width_mm: widthOf(settings), height_mm, font, font_size, ...(form === "png" ? { scale } : {}) };
  const given = Object.entries({ ...params, ...paper }).filter(
    ([, value]) => value !== undefined && value !== null,
  );
  return [
    ...runs.map((run): [string, string] => ["run", run]),
    ...given.map(([key, value]): [string, string] => [key, String(value)]),
    ...hidden.map((line): [string, string] => ["hide", line]),
  ];
}

export function addressOf(subject: Subject, settings: Settings, form: Form): string {
  const query = new URLSearchParams(asked(subject, settings, form));
  return `${ROOT}/api/figures/${encodeURIComponent(subject.name)}.${form}?${query}`;
}

const PLAIN = /^[\w.=,:/+-]+$/;

function quoted(text: string): string {
  return PLAIN.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** The same file in a terminal. */
export function commandOf(subject: Subject, settings: Settings, filename: string): string {
  const { name, runs, params, hidden } = subject;
  const { form, height_mm, font, font_size, scale } = settings;
  const options = [
    ...(form === "csv" ? [] : [`--width ${widthOf(settings)}mm`]),
    ...(form !== "csv" && height_mm !== null ? [`--height ${height_mm}mm`] : []),
    ...(form === "csv" || font === FIRST.font ? [] : [`--font ${font}`]),
    ...(form === "csv" || font_size === FIRST.font_size ? [] : [`--font-size ${font_size}`]),
    ...(form === "png" && scale !== FIRST.scale ? [`--scale ${scale}`] : []),
    ...Object.entries(params)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => `--set ${quoted(`${key}=${value}`)}`),
    ...hidden.map((line) => `--hide ${quoted(line)}`),
    `-o ${quoted(`${filename}.${form}`)}`,
  ];
  return ["anpyc figure", ...runs.map(quoted), name, ...options].join(" ");
}

/** What was chosen before, as far as it is still known. */
export function remembered(text: string | null): Settings {
  try {
    const known = JSON.parse(text ?? "{}") as Partial<Settings>;
    const settings = { ...FIRST, ...known };
    const sound =
      FORMS.includes(settings.form) &&
      settings.columns in { ...COLUMNS_MM, 0: 0 } &&
      ["sans", "serif", "stix"].includes(settings.font) &&
      [settings.width_mm, settings.font_size, settings.scale, settings.height_mm ?? 50].every(
        Number.isFinite,
      );
    return sound ? settings : FIRST;
  } catch {
    return FIRST;
  }
}
