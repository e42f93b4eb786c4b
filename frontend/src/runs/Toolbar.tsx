import { Button, Chip, Group, Menu, Popover, SegmentedControl, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { IconBookmark, IconColumns3, IconDownload, IconFilter, IconSearch } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useMemo, useRef, useState } from "react";
import { exportAddress, type RunsFilter } from "../api/queries";
import { type RunSummary, type SavedView, STATUSES } from "../api/types";
import { KindTitle } from "../form/KindTitle";
import { Late, late } from "../shell/Late";
import { hasClause, toggled } from "./clauses";
import { FilterBox } from "./FilterBox";
import { NO_VIEW, type useSavedViews } from "./savedViews";
import classes from "./Toolbar.module.css";
import { filtersIn, isFiltered, type View, wanted, wanting } from "./view";

const WEEK = "created > -7d";
const ColumnChooser = late(() => import("./ColumnChooser").then((module) => module.ColumnChooser));
const ViewsMenu = late(() => import("./ViewsMenu").then((module) => module.ViewsMenu));
const Filters = late(() => import("./Filters").then((module) => module.Filters));

interface ToolbarProps {
  view: View;
  columns: readonly string[];
  filter: RunsFilter;
  /** Those that are loaded. */
  runs: readonly RunSummary[];
  saved: ReturnType<typeof useSavedViews>;
  /** Opens a saved view; without one, the plain list. */
  onOpen: (saved: SavedView | undefined) => void;
  onChange: (part: Partial<View>) => void;
  narrow: boolean;
}

export function Toolbar({ view, columns, filter, runs, saved, onOpen, onChange, narrow }: ToolbarProps) {
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
      <Late
        fallback={
          <Button variant="default" leftSection={<IconBookmark size={14} />}>
            Views
          </Button>
        }
      >
        <ViewsMenu
          view={view}
          views={saved.views}
          opened={saved.opened}
          changed={saved.changed}
          onOpen={onOpen}
          onSaved={(id) => onChange({ view: id })}
        />
      </Late>
      {saved.gone && (
        <span className="quiet" role="status">
          The view of this link has been deleted; all runs are shown.
        </span>
      )}
      {!view.by && <ExportMenu columns={columns} filter={filter} />}
      {isFiltered(view) && (
        <Button
          variant="subtle"
          color="gray"
          onClick={() =>
            void navigate({
              to: "/",
              search: ({ by, columns, pinned, formats, sort, project, view }) => ({
                by,
                columns,
                pinned,
                formats,
                sort,
                project,
                view: view && NO_VIEW,
              }),
            })
          }
        >
          Clear
        </Button>
      )}
      {!narrow && <ValueChips view={view} runs={runs} onChange={onChange} />}
    </div>
  );
}

const PARTS = ["strategy", "benchmark", "tag"] as const;
/** Of each; more stand behind the filter's button. */
const MOST_CHIPS = 6;

/** The methods, benchmarks and tags that the loaded runs have, each one click away. */
function ValueChips({ view, runs, onChange }: Pick<ToolbarProps, "view" | "runs" | "onChange">) {
  const seen = useValues(runs, view.project);
  const parts = PARTS.map((part) => {
    const chosen = wanted(view, part);
    const rest = seen[part].filter((value) => !chosen.includes(value));
    return { part, chosen, values: [...chosen, ...rest].slice(0, Math.max(MOST_CHIPS, chosen.length)) };
  }).filter(({ chosen, values }) => values.length > 1 || chosen.length > 0);
  if (parts.length === 0) return null;
  return (
    <div className={classes.chips}>
      {parts.map(({ part, chosen, values }) => (
        <Chip.Group
          key={part}
          multiple
          value={chosen}
          onChange={(values) => onChange(wanting(view, part, values))}
        >
          <Group gap={4} role="group" aria-label={`Show only runs of the ${part}`}>
            <span className="quiet">{part === "tag" ? "tags" : part}</span>
            {values.sort().map((value) => (
              <Chip key={value} value={value} size="xs" variant="light" radius="sm" dir="auto">
                <KindOrTag part={part} value={value} />
              </Chip>
            ))}
          </Group>
        </Chip.Group>
      ))}
    </div>
  );
}

function KindOrTag({ part, value }: { part: (typeof PARTS)[number]; value: string }) {
  return part === "tag" ? value : <KindTitle part={part} kind={value} />;
}

type Values = Record<(typeof PARTS)[number], string[]>;

/** What has been seen since the project was opened, the commonest first: a filter hides no chip. */
function useValues(runs: readonly RunSummary[], project: string | undefined): Values {
  const known = useRef<{ project: string | undefined; times: Record<keyof Values, Map<string, number>> }>(
    undefined,
  );
  if (!known.current || known.current.project !== project)
    known.current = { project, times: { strategy: new Map(), benchmark: new Map(), tag: new Map() } };
  const { times } = known.current;
  return useMemo(() => {
    for (const part of PARTS) {
      const here = new Map<string, number>();
      for (const run of runs)
        for (const value of part === "tag" ? run.tags : [run[part]])
          here.set(value, (here.get(value) ?? 0) + 1);
      for (const [value, number] of here)
        times[part].set(value, Math.max(number, times[part].get(value) ?? 0));
    }
    const commonest = (part: keyof Values) =>
      [...times[part]].sort(([, a], [, b]) => b - a).map(([value]) => value);
    return { strategy: commonest("strategy"), benchmark: commonest("benchmark"), tag: commonest("tag") };
  }, [runs, times]);
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
    <Popover width={390} position="bottom-end" shadow="md" trapFocus>
      <Popover.Target>
        <Button variant="default" leftSection={<IconColumns3 size={14} />} className={classes.columns}>
          Columns
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <Late>
          <ColumnChooser
            columns={columns}
            pinned={view.pinned ?? []}
            formats={view.formats}
            filter={filter}
            onChange={onChange}
          />
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
