/** The columns of the list as they stand: in their order, pinned ones first, each with its width. */

import { useQuery } from "@tanstack/react-query";
import { type CSSProperties, useMemo } from "react";
import { fieldsQuery } from "../api/queries";
import { COLUMN_INFO, type ColumnInfo } from "./columns";
import { columnOf } from "./fieldCell";
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
    return placed(known, pinned, widths, roomy);
  }, [names, pinned, widths, roomy, data]);
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
