/** The columns of the list as they stand: in their order, pinned ones first, each with its width. */

import { useQuery } from "@tanstack/react-query";
import { type CSSProperties, useMemo } from "react";
import { fieldsQuery } from "../api/queries";
import { COLUMN_INFO, type ColumnInfo } from "./columns";
import { columnOf } from "./fieldCell";
import { type Format, type Formats, formatted } from "./formats";
import { isUsual } from "./view";
import type { Widths } from "./widths";

/** Of the boxes that select a run. */
export const SELECT_WIDTH = 40;
/** Of a column that takes what is left, where nothing is left. */
const LEAST = 240;
const ROOMY = 420;

export interface PlacedColumn extends ColumnInfo {
  /** Where a pinned column stays when the others are scrolled. */
  pinned: CSSProperties | undefined;
}

interface Columns {
  columns: readonly PlacedColumn[];
  /** All of them together, in pixels. */
  width: number;
}

/** The same for as long as nothing about them changes, so that rows need not be drawn again. */
export function useColumns(
  names: readonly string[],
  pinned: readonly string[],
  widths: Widths,
  roomy: boolean,
  formats: Formats,
): Columns {
  const more = names.some((name) => !isUsual(name));
  const { data } = useQuery({ ...fieldsQuery, enabled: more });
  return useMemo(() => {
    const fields = new Map(data?.items.map((field) => [field.name, field]));
    const known = names.flatMap((name): ColumnInfo[] => {
      if (isUsual(name)) return [COLUMN_INFO[name]];
      const field = fields.get(name);
      return field ? [columnOf(field)] : [];
    });
    return placed(
      known.map((column) => written(column, formats[column.name])),
      pinned,
      widths,
      roomy,
    );
  }, [names, pinned, widths, roomy, formats, data]);
}

/** The column with its values in a format of the reader's choice. */
function written(column: ColumnInfo, format: Format | undefined): ColumnInfo {
  const { value, type, cell } = column;
  if (!format || !value) return column;
  return {
    ...column,
    cell: (run) => {
      const found = value(run);
      if (typeof found === "number") return formatted(found, type, format);
      return typeof found === "string" && type === "moment" ? formatted(found, type, format) : cell(run);
    },
  };
}

/** On a `roomy` screen all columns grow alike; else one of no width takes what is left. */
export function placed(
  known: readonly ColumnInfo[],
  pinned: readonly string[],
  widths: Widths,
  roomy: boolean,
): Columns {
  const ordered = [
    ...known.filter(({ name }) => pinned.includes(name)),
    ...known.filter(({ name }) => !pinned.includes(name)),
  ];
  let left = SELECT_WIDTH;
  const columns = ordered.map((column): PlacedColumn => {
    const isPinned = pinned.includes(column.name);
    const width =
      widths[column.name] ?? column.width ?? (isPinned || roomy ? (roomy ? ROOMY : LEAST) : undefined);
    const place = left;
    left += width ?? LEAST;
    const { width: _width, ...rest } = column;
    return { ...rest, ...(width !== undefined && { width }), pinned: isPinned ? { left: place } : undefined };
  });
  return { columns, width: left };
}
