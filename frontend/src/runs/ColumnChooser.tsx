import { ActionIcon, Button, Checkbox, TextInput } from "@mantine/core";
import {
  IconArrowDown,
  IconArrowUp,
  IconGripVertical,
  IconPin,
  IconPinFilled,
  IconSearch,
} from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { differencesOf, fieldsQuery, type RunsFilter } from "../api/queries";
import type { RunField } from "../api/types";
import { complain, say } from "../shell/toast";
import classes from "./ColumnChooser.module.css";
import { COLUMN_INFO } from "./columns";
import { type Format, formatsOf, readFormats, writeFormats } from "./formats";
import { COLUMNS, isUsual, type View } from "./view";

interface ColumnChooserProps {
  columns: readonly string[];
  pinned: readonly string[];
  /** As in the address. */
  formats: readonly string[] | undefined;
  filter: RunsFilter;
  onChange: (part: Partial<View>) => void;
}

/** Which fields the list shows, and in which order: chosen from all that runs have. */
export function ColumnChooser({ columns, pinned, formats: written, filter, onChange }: ColumnChooserProps) {
  const { data } = useQuery(fieldsQuery);
  const [wanted, setWanted] = useState("");
  const [dragged, setDragged] = useState<string | null>(null);
  const fields = new Map(data?.items.map((field) => [field.name, field]));
  const formats = readFormats(written);
  const typeOf = (name: string) => (isUsual(name) ? COLUMN_INFO[name].type : fields.get(name)?.type);
  const titleOf = (name: string) =>
    isUsual(name) ? COLUMN_INFO[name].title : (fields.get(name)?.title ?? name);
  const set = (next: string[]) => onChange({ columns: next.length ? next : undefined });
  const move = (name: string, to: number) => {
    const next = columns.filter((other) => other !== name);
    next.splice(Math.max(0, Math.min(next.length, to)), 0, name);
    set(next);
  };
  const differ = async () => {
    try {
      const { items } = await differencesOf(filter);
      const fresh = items.map(({ name }) => name).filter((name) => !columns.includes(name));
      if (fresh.length) set([...columns, ...fresh]);
      else say("The runs differ in nothing that is not shown already.");
    } catch (failure) {
      complain("What differs could not be found out", failure);
    }
  };
  const fits = (title: string, name: string) =>
    `${title} ${name}`.toLowerCase().includes(wanted.trim().toLowerCase());
  const rest = restOf(columns, data?.items ?? []).filter(({ title, name }) => fits(title, name));
  return (
    <div className={classes.chooser}>
      <TextInput
        aria-label="Find a column"
        placeholder="λ, learning rate, commit, …"
        leftSection={<IconSearch size={14} />}
        value={wanted}
        onChange={(event) => setWanted(event.currentTarget.value)}
        data-autofocus
      />
      <div className={classes.scroll}>
        <ul className={classes.list} aria-label="Shown columns">
          {columns.map(
            (name, place) =>
              fits(titleOf(name), name) && (
                <Shown
                  key={name}
                  name={name}
                  title={titleOf(name)}
                  pinned={pinned.includes(name)}
                  type={typeOf(name)}
                  format={formats[name]}
                  onFormat={(format) => {
                    const { [name]: _before, ...others } = formats;
                    onChange({ formats: writeFormats(format ? { ...others, [name]: format } : others) });
                  }}
                  onMove={(by) => move(name, place + by)}
                  onPin={() => {
                    const next = pinned.includes(name)
                      ? pinned.filter((other) => other !== name)
                      : [...pinned, name];
                    onChange({ pinned: next.length ? next : undefined });
                  }}
                  onHide={() => set(columns.filter((other) => other !== name))}
                  onDrag={setDragged}
                  onDrop={() => dragged !== null && dragged !== name && move(dragged, place)}
                />
              ),
          )}
        </ul>
        <ul className={classes.list} aria-label="More columns">
          {rest.map(({ name, title, part }, place) => (
            <li key={name}>
              {part !== rest[place - 1]?.part && <h3 className={classes.part}>{part}</h3>}
              <Checkbox label={title} checked={false} onChange={() => set([...columns, name])} title={name} />
            </li>
          ))}
        </ul>
        {data && rest.length === 0 && wanted && (
          <p className="quiet">No other column is called “{wanted.trim()}”.</p>
        )}
      </div>
      <div className={classes.foot}>
        <Button variant="default" onClick={() => void differ()}>
          What differs
        </Button>
        <Button
          variant="subtle"
          color="gray"
          onClick={() => onChange({ columns: undefined, pinned: undefined, formats: undefined })}
        >
          The usual columns
        </Button>
      </div>
    </div>
  );
}

interface Entry {
  name: string;
  title: string;
  part: string;
}

/** What is not shown: the usual ones under the names that the list gives them, then every other field. */
function restOf(columns: readonly string[], fields: readonly RunField[]): Entry[] {
  const usual = COLUMNS.map((name) => ({ name, title: COLUMN_INFO[name].title, part: "Run" }));
  const others = fields.filter(({ name }) => !isUsual(name));
  return [...usual, ...others].filter(({ name }) => !columns.includes(name));
}

interface ShownProps {
  name: string;
  title: string;
  pinned: boolean;
  type: RunField["type"] | undefined;
  format: Format | undefined;
  onFormat: (format: Format | undefined) => void;
  onMove: (by: number) => void;
  onPin: () => void;
  onHide: () => void;
  onDrag: (name: string | null) => void;
  onDrop: () => void;
}

function Shown({
  name,
  title,
  pinned,
  type,
  format,
  onFormat,
  onMove,
  onPin,
  onHide,
  onDrag,
  onDrop,
}: ShownProps) {
  const choices = formatsOf(type);
  const Pin = pinned ? IconPinFilled : IconPin;
  return (
    <li
      className={classes.shown}
      draggable
      onDragStart={(event) => {
        event.dataTransfer.effectAllowed = "move";
        event.dataTransfer.setData("text/plain", name);
        onDrag(name);
      }}
      onDragEnd={() => onDrag(null)}
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        onDrop();
      }}
    >
      <IconGripVertical size={13} className={classes.grip} aria-hidden />
      <Checkbox label={title} checked disabled={name === "name"} onChange={onHide} title={name} />
      <span className={classes.tools}>
        {choices.length > 0 && (
          <select
            className={classes.format}
            aria-label={`How ${title} is written`}
            value={format ?? ""}
            onChange={(event) => onFormat((event.currentTarget.value || undefined) as Format | undefined)}
          >
            <option value="">as usual</option>
            {choices.map(({ value, label }) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </select>
        )}
        <ActionIcon
          variant="subtle"
          color="gray"
          size="sm"
          aria-label={`Pin ${title}`}
          aria-pressed={pinned}
          onClick={onPin}
        >
          <Pin size={13} />
        </ActionIcon>
        <ActionIcon
          variant="subtle"
          color="gray"
          size="sm"
          aria-label={`${title} further left`}
          onClick={() => onMove(-1)}
        >
          <IconArrowUp size={13} />
        </ActionIcon>
        <ActionIcon
          variant="subtle"
          color="gray"
          size="sm"
          aria-label={`${title} further right`}
          onClick={() => onMove(1)}
        >
          <IconArrowDown size={13} />
        </ActionIcon>
      </span>
    </li>
  );
}
