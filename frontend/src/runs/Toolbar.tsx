import { Button, Chip, Group, Menu, Popover, SegmentedControl, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { IconColumns3, IconDownload, IconFilter, IconSearch } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { exportAddress, type RunsFilter } from "../api/queries";
import { STATUSES } from "../api/types";
import { Late, late } from "../shell/Late";
import { hasClause, toggled } from "./clauses";
import { FilterBox } from "./FilterBox";
import classes from "./Toolbar.module.css";
import { filtersIn, isFiltered, type View, wanted, wanting } from "./view";

const WEEK = "created > -7d";
const ColumnChooser = late(() => import("./ColumnChooser").then((module) => module.ColumnChooser));
const Filters = late(() => import("./Filters").then((module) => module.Filters));

interface ToolbarProps {
  view: View;
  columns: readonly string[];
  filter: RunsFilter;
  onChange: (part: Partial<View>) => void;
  narrow: boolean;
}

export function Toolbar({ view, columns, filter, onChange, narrow }: ToolbarProps) {
  const navigate = useNavigate();
  return (
    <div className={classes.bar}>
      <FilterBox
        value={view.filter ?? ""}
        onChange={(text) => onChange({ filter: text || undefined })}
        onSearch={(q) => onChange({ q })}
      />
      <Search value={view.q ?? ""} onChange={(q) => onChange({ q: q || undefined })} />
      <Chip.Group
        multiple
        value={wanted(view, "status")}
        onChange={(statuses) => onChange(wanting(view, "status", statuses))}
      >
        <Group gap={4} role="group" aria-label="Show only runs that are" wrap={narrow ? "wrap" : "nowrap"}>
          {STATUSES.map((status) => (
            <Chip key={status} value={status} size="xs" variant="light" radius="sm">
              {status}
            </Chip>
          ))}
        </Group>
      </Chip.Group>
      <Chip
        size="xs"
        variant="light"
        radius="sm"
        checked={hasClause(view.filter ?? "", WEEK)}
        onChange={() => onChange({ filter: toggled(view.filter ?? "", WEEK) || undefined })}
      >
        last 7 days
      </Chip>
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
      {!narrow && !view.by && (
        <ColumnMenu view={view} columns={columns} filter={filter} onChange={onChange} />
      )}
      {!view.by && <ExportMenu columns={columns} filter={filter} />}
      {isFiltered(view) && (
        <Button
          variant="subtle"
          color="gray"
          onClick={() =>
            void navigate({
              to: "/",
              search: ({ by, columns, pinned, sort }) => ({ by, columns, pinned, sort }),
            })
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
  return (
    <TextInput
      ref={input}
      className={classes.search}
      aria-label="Search names, notes and tags"
      placeholder="Search names, notes, tags"
      leftSection={<IconSearch size={14} />}
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
  view: View;
  columns: readonly string[];
  filter: RunsFilter;
  onChange: (part: Partial<View>) => void;
}

function ColumnMenu({ view, columns, filter, onChange }: ColumnMenuProps) {
  return (
    <Popover width={320} position="bottom-end" shadow="md" trapFocus>
      <Popover.Target>
        <Button variant="default" leftSection={<IconColumns3 size={14} />} className={classes.columns}>
          Columns
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <Late>
          <ColumnChooser columns={columns} pinned={view.pinned ?? []} filter={filter} onChange={onChange} />
        </Late>
      </Popover.Dropdown>
    </Popover>
  );
}

/** What is listed, as a file. */
function ExportMenu({ columns, filter }: { columns: readonly string[]; filter: RunsFilter }) {
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button variant="default" leftSection={<IconDownload size={14} />}>
          Export
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {(["csv", "json"] as const).map((format) => (
          <Menu.Item
            key={format}
            component="a"
            href={exportAddress(filter, ["id", ...columns], format)}
            download
          >
            What is listed, as {format.toUpperCase()}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
