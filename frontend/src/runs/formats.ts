/** How a column writes its values, chosen by the reader. */

import type { RunField, ViewContent } from "../api/types";
import { count } from "../text/numbers";
import { absolute, ago } from "../text/time";

export type Format = NonNullable<ViewContent["formats"]>[string];
export type Formats = Readonly<Record<string, Format>>;

const TITLES: Record<Format, string> = {
  "digits-0": "No digit after the point",
  "digits-1": "1 digit after the point",
  "digits-2": "2 digits after the point",
  "digits-3": "3 digits after the point",
  "digits-4": "4 digits after the point",
  percent: "In percent",
  plain: "As it is stored",
  scientific: "As a power of ten",
  relative: "How long ago",
  date: "Day and time",
};
const DIGITS: Format[] = ["digits-0", "digits-1", "digits-2", "digits-3", "digits-4"];

export function isFormat(text: string | undefined): text is Format {
  return text !== undefined && text in TITLES;
}

/** Those that make sense of what a column holds; none where there is nothing to choose. */
export function formatsOf(type: RunField["type"] | undefined): { value: Format; label: string }[] {
  const known: Format[] =
    type === "moment"
      ? ["relative", "date"]
      : type === "share" || type === "loss" || type === "change"
        ? [...DIGITS, "plain", "scientific"]
        : type === "number"
          ? [...DIGITS, "percent", "plain", "scientific"]
          : type === "duration"
            ? [...DIGITS, "scientific"]
            : [];
  return known.map((value) => ({ value, label: TITLES[value] }));
}

/** From the address: `field:format`. */
export function readFormats(items: readonly string[] | undefined): Formats {
  return Object.fromEntries(
    (items ?? [])
      .map((item) => item.split(":"))
      .filter((pair): pair is [string, Format] => isFormat(pair[1])),
  );
}

export function writeFormats(formats: Formats): string[] | undefined {
  const items = Object.entries(formats).map(([field, format]) => `${field}:${format}`);
  return items.length ? items : undefined;
}

const MINUS = "−";

/** The value in this format. Shares are written in percent, differences of them in points, durations in seconds. */
export function formatted(
  value: number | string,
  type: RunField["type"] | undefined,
  format: Format,
): string {
  if (typeof value === "string") return format === "date" ? absolute(value) : ago(value);
  if (format === "plain") return String(value).replace("-", MINUS);
  if (format === "scientific") return value.toExponential(2).replaceAll("-", MINUS);
  const isShare = type === "share" || type === "loss" || type === "change";
  const scaled = isShare || format === "percent" ? value * 100 : value;
  const digits = format === "percent" ? 1 : Number(format.slice("digits-".length));
  const text = digits === 0 ? count(Math.round(scaled)) : scaled.toFixed(digits);
  const unit =
    type === "share" || format === "percent" ? " %" : isShare ? " pt" : type === "duration" ? " s" : "";
  const sign = type === "change" && scaled > 0 && Number(text.replaceAll(",", "")) !== 0 ? "+" : "";
  return `${sign}${text.replace("-", MINUS)}${unit}`;
}
