/** Numbers as a paper prints them. A missing number is a dash. */

const NONE = "–";
const MINUS = "−";

type Maybe = number | null | undefined;

function known(value: Maybe): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

/** A share in [0, 1] as a percentage with one decimal: 96.2 %; one not quite 0 or 1 says so, as the server does. */
export function percent(share: Maybe, digits = 1): string {
  if (!known(share)) return NONE;
  const smallest = 10 ** -digits;
  if (share > 0 && share * 100 < smallest / 2) return `under ${smallest} %`;
  if (share < 1 && share * 100 >= 100 - smallest / 2) return `over ${(100 - smallest).toFixed(digits)} %`;
  return `${(share * 100).toFixed(digits).replace("-", MINUS)} %`;
}

/** A share in percent with one decimal, for columns that name the unit: 96.2, −1.4. */
export function hundredths(share: number): string {
  const text = Math.abs(share * 100).toFixed(1);
  return share < 0 && Number(text) !== 0 ? `${MINUS}${text}` : text;
}

/** A part of a whole in such a column; one not quite 0 or 1 says so: over 99.9. */
export function wholeHundredths(share: number): string {
  return share < 0 ? hundredths(share) : percent(share).replace(/ %$/, "");
}

/** A difference of shares in percentage points, with its sign: −1.4. */
export function points(share: Maybe, digits = 1): string {
  if (!known(share)) return NONE;
  const text = Math.abs(share * 100).toFixed(digits);
  if (Number(text) === 0) return text;
  return `${share > 0 ? "+" : MINUS}${text}`;
}

/** A count with separators: 401,408. */
export function count(value: Maybe): string {
  return known(value) ? value.toLocaleString("en-US", { maximumFractionDigits: 0 }) : NONE;
}

/** A setting as it would be typed: 0.001, 3, 1e-7. */
export function plain(value: number): string {
  return String(value);
}

/** A measured number in two significant digits: 0.0031, −1.2e-7. */
export function short(value: number): string {
  return Number(value.toPrecision(2)).toString().replace(/^-/, MINUS);
}

/** "1 task", "3 tasks". */
export function plural(value: number, singular: string, many = `${singular}s`): string {
  return `${count(value)} ${value === 1 ? singular : many}`;
}

/** Bytes in the unit that leaves one to three digits before the point. */
export function bytes(value: Maybe): string {
  if (!known(value)) return NONE;
  const units = ["B", "kB", "MB", "GB", "TB"];
  let rest = value;
  let unit = 0;
  while (rest >= 1000 && unit < units.length - 1) {
    rest /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? rest : rest.toFixed(1)} ${units[unit]}`;
}

/** Mean and sample standard deviation; the deviation of fewer than two values is unknown. */
export function meanAndDeviation(values: number[]): { mean: number; deviation: number | null } | null {
  if (values.length === 0) return null;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  if (values.length === 1) return { mean, deviation: null };
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: Math.sqrt(squares / (values.length - 1)) };
}

/** 96.2 ± 0.4 % */
export function percentWithDeviation(values: number[]): string {
  const summary = meanAndDeviation(values);
  if (summary === null) return NONE;
  const mean = (summary.mean * 100).toFixed(1);
  return summary.deviation === null ? `${mean} %` : `${mean} ± ${(summary.deviation * 100).toFixed(1)} %`;
}
