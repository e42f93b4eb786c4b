import { Button, Checkbox, Chip, Group, Menu, Popover, SegmentedControl, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { IconArrowDown, IconArrowUp, IconColumns3, IconFilter, IconSearch } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { STATUSES, type Status } from "../api/types";
import { Late, late } from "../shell/Late";
import { useKeys } from "../shell/useKeys";
import { COLUMN_INFO } from "./columns";
import classes from "./Toolbar.module.css";
import { COLUMNS, type Column, filtersIn, isFiltered, SHOWN_AT_FIRST, type View } from "./view";

const Filters = late(() => import("./Filters").then((module) => module.Filters));

interface ToolbarProps {
  view: View;
  onChange: (part: Partial<View>) => void;
  narrow: boolean;
}

export function Toolbar({ view, onChange, narrow }: ToolbarProps) {
  const navigate = useNavigate();
  return (
    <div className={classes.bar}>
      <Search value={view.q ?? ""} onChange={(q) => onChange({ q: q || undefined })} />
      <Chip.Group
        multiple
        value={view.status ?? []}
        onChange={(status) => onChange({ status: status.length ? (status as Status[]) : undefined })}
      >
        <Group gap={4} role="group" aria-label="Show only runs that are" wrap={narrow ? "wrap" : "nowrap"}>
          {STATUSES.map((status) => (
            <Chip key={status} value={status} size="xs" variant="light" radius="sm">
              {status}
            </Chip>
          ))}
        </Group>
      </Chip.Group>
      <SegmentedControl
        aria-label="Rows"
        className={classes.rows}
        value={view.by ?? "runs"}
        onChange={(by) => onChange({ by: by === "runs" ? undefined : (by as View["by"]), sort: undefined })}
        data={[
          { value: "runs", label: "Runs" },
          { value: "seeds", label: "Seeds together" },
          { value: "sweep", label: "Sweeps" },
        ]}
      />
      <MoreFilters view={view} onChange={onChange} withSort={narrow && !view.by} />
      {!narrow && !view.by && <ColumnMenu columns={view.columns ?? SHOWN_AT_FIRST} onChange={onChange} />}
      {isFiltered(view) && (
        <Button
          variant="subtle"
          color="gray"
          onClick={() =>
            void navigate({ to: "/", search: ({ by, columns, sort }) => ({ by, columns, sort }) })
          }
        >
          Clear
        </Button>
      )}
    </div>
  );
}

function Search({ value, onChange }: { value: string; onChange: (text: string) => void }) {
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState(value);
  const sent = useRef(value);
  const tell = useDebouncedCallback((next: string) => {
    sent.current = next;
    onChange(next);
  }, 200);
  useEffect(() => {
    // The address changed by other means: back, or "Clear".
    if (value !== sent.current) {
      sent.current = value;
      setText(value);
    }
  }, [value]);
  useKeys({ "/": () => input.current?.focus() });
  return (
    <TextInput
      ref={input}
      className={classes.search}
      aria-label="Search names, notes and tags"
      placeholder="Search names, notes, tags"
      leftSection={<IconSearch size={14} />}
      rightSection={<kbd aria-hidden>/</kbd>}
      value={text}
      onChange={(event) => {
        setText(event.currentTarget.value);
        tell(event.currentTarget.value);
      }}
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        if (text) {
          setText("");
          tell("");
        }
        input.current?.blur();
      }}
    />
  );
}

interface MoreFiltersProps extends Pick<ToolbarProps, "view" | "onChange"> {
  withSort: boolean;
}

function MoreFilters({ view, onChange, withSort }: MoreFiltersProps) {
  const active = filtersIn(view);
  return (
    <Popover width={280} position="bottom-start" shadow="md">
      <Popover.Target>
        <Button variant="default" leftSection={<IconFilter size={14} />}>
          {withSort ? "Filter, order" : "Filter"}
          {active ? ` · ${active}` : ""}
        </Button>
      </Popover.Target>
      <Popover.Dropdown className={classes.filters}>
        <Late>
          <Filters view={view} onChange={onChange} withSort={withSort} />
        </Late>
      </Popover.Dropdown>
    </Popover>
  );
}

interface ColumnMenuProps {
  columns: readonly Column[];
  onChange: (part: Partial<View>) => void;
}

function ColumnMenu({ columns, onChange }: ColumnMenuProps) {
  const rest = COLUMNS.filter((column) => !columns.includes(column));
  const set = (next: Column[]) => onChange({ columns: next.length ? next : undefined });
  const move = (column: Column, by: number) => {
    const next = [...columns];
    const from = next.indexOf(column);
    const to = Math.max(0, Math.min(next.length - 1, from + by));
    next.splice(to, 0, ...next.splice(from, 1));
    set(next);
  };
  return (
    <Menu closeOnItemClick={false} width={230}>
      <Menu.Target>
        <Button variant="default" leftSection={<IconColumns3 size={14} />} className={classes.columns}>
          Columns
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <ul className={classes.columnList}>
          {[...columns, ...rest].map((column) => {
            const shown = columns.includes(column);
            const { title } = COLUMN_INFO[column];
            return (
              <li key={column}>
                <Checkbox
                  label={title}
                  checked={shown}
                  disabled={column === "name"}
                  onChange={() =>
                    set(shown ? columns.filter((other) => other !== column) : [...columns, column])
                  }
                />
                {shown && (
                  <span>
                    <button
                      type="button"
                      aria-label={`${title} further left`}
                      onClick={() => move(column, -1)}
                    >
                      <IconArrowUp size={13} />
                    </button>
                    <button
                      type="button"
                      aria-label={`${title} further right`}
                      onClick={() => move(column, 1)}
                    >
                      <IconArrowDown size={13} />
                    </button>
                  </span>
                )}
              </li>
            );
          })}
        </ul>
        <Menu.Item onClick={() => onChange({ columns: undefined })}>The usual columns</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
