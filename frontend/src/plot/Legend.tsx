import { useState } from "react";
import { plural } from "../text/numbers";
import { type Emphasis, groupsOf, type LegendGroup } from "./emphasis";
import type { LegendEntry } from "./figure";
import classes from "./Legend.module.css";
import { Swatch } from "./Swatch";

interface LegendProps {
  entries: readonly LegendEntry[];
  emphasis: Emphasis;
  /** Told which keys the pointer is at. */
  onPoint: (keys: ReadonlySet<string> | null) => void;
}

/** Who is drawn, by method; a click hides and shows. It takes at most a fifth of its card and scrolls. */
export function Legend({ entries, emphasis, onPoint }: LegendProps) {
  const groups = groupsOf(entries);
  if (groups.length === 0) return null;
  return (
    <ul className={classes.legend} aria-label="Legend">
      {groups.map((group) => (
        <Group key={group.method} group={group} emphasis={emphasis} onPoint={onPoint} />
      ))}
    </ul>
  );
}

interface GroupProps extends Pick<LegendProps, "emphasis" | "onPoint"> {
  group: LegendGroup;
}

function Group({ group, emphasis, onPoint }: GroupProps) {
  const [open, setOpen] = useState(false);
  const { entries, name, full } = group;
  const [first] = entries;
  if (!first) return null;
  if (entries.length === 1)
    return (
      <Item name={name} full={full} entry={first} keys={first.keys} emphasis={emphasis} onPoint={onPoint} />
    );
  const keys = entries.flatMap((entry) => entry.keys);
  return (
    <>
      <Item
        name={name}
        full={full}
        entry={{ ...first, dash: "solid" }}
        keys={keys}
        emphasis={emphasis}
        onPoint={onPoint}
        more={
          <button
            type="button"
            className={classes.fold}
            aria-expanded={open}
            aria-label={`${name}: ${plural(entries.length, "line")}`}
            onClick={() => setOpen(!open)}
          >
            {open ? "−" : `+${entries.length}`}
          </button>
        }
      />
      {open &&
        entries.map((entry) => (
          <Item
            key={entry.key}
            name={entry.name}
            full={entry.full}
            entry={entry}
            keys={entry.keys}
            emphasis={emphasis}
            onPoint={onPoint}
          />
        ))}
    </>
  );
}

interface ItemProps extends Pick<LegendProps, "emphasis" | "onPoint"> {
  name: string;
  full: string;
  entry: LegendEntry;
  keys: readonly string[];
  more?: React.ReactNode;
}

function Item({ name, full, entry, keys, emphasis, onPoint, more }: ItemProps) {
  const shown = !keys.every((key) => emphasis.hidden.has(key));
  const point = () => onPoint(new Set(keys));
  return (
    <li>
      <button
        type="button"
        className={classes.item}
        aria-pressed={shown}
        title={full}
        onClick={() => emphasis.onHide(keys, shown)}
        onMouseEnter={point}
        onMouseLeave={() => onPoint(null)}
        onFocus={point}
        onBlur={() => onPoint(null)}
      >
        <Swatch color={entry.color} dash={entry.dash} symbol={entry.symbol} />
        <span className={classes.name} dir="auto">
          {name}
        </span>
      </button>
      {more}
    </li>
  );
}
