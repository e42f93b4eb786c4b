import { Chip, Group, MultiSelect } from "@mantine/core";
import type { Run } from "../api/types";

/** Of more tasks the server draws cells, and lines of those that are chosen. */
const MOST_CHIPS = 12;
const MOST_LINES = 10;

interface TaskChipsProps {
  run: Run;
  /** Names of tasks. */
  hidden: ReadonlySet<string>;
  onChange: (hidden: ReadonlySet<string>) => void;
  /** The task that is pointed at, whose line stands out. */
  onPoint: (name: string | null) => void;
}

/** Which tasks' lines a figure shows. */
export function TaskChips({ run, hidden, onChange, onPoint }: TaskChipsProps) {
  const names = Array.from({ length: run.plan.tasks ?? 0 }, (_, task) => `task ${task}`);
  if (names.length < 2 || names.length > MOST_CHIPS) return null;
  return (
    <Chip.Group
      multiple
      value={names.filter((name) => !hidden.has(name))}
      onChange={(shown) => onChange(new Set(names.filter((name) => !shown.includes(name))))}
    >
      <Group gap={4} role="group" aria-label="Tasks shown in the curves">
        {names.map((name, task) => (
          <Chip
            key={name}
            value={name}
            size="xs"
            variant="light"
            radius="sm"
            title={run.plan.task_titles[task]}
            onMouseEnter={() => onPoint(name)}
            onMouseLeave={() => onPoint(null)}
            onFocus={() => onPoint(name)}
            onBlur={() => onPoint(null)}
          >
            {name}
          </Chip>
        ))}
      </Group>
    </Chip.Group>
  );
}

interface TaskLinesProps {
  run: Run;
  /** Numbers with commas between. */
  value: string | undefined;
  onChange: (value: string | undefined) => void;
}

/** Of many tasks, which have a line below the cells. */
export function TaskLines({ run, value, onChange }: TaskLinesProps) {
  const tasks = run.plan.tasks ?? 0;
  if (tasks <= MOST_CHIPS) return null;
  const options = Array.from({ length: tasks }, (_, task) => ({
    value: String(task),
    label: `task ${task}`,
  }));
  return (
    <MultiSelect
      aria-label="Tasks with a line"
      placeholder={value ? undefined : "Tasks to draw as lines, ten at most"}
      data={options}
      value={value ? value.split(",") : []}
      onChange={(chosen) =>
        onChange(chosen.length > 0 ? chosen.sort((a, b) => Number(a) - Number(b)).join(",") : undefined)
      }
      maxValues={MOST_LINES}
      searchable
      clearable
      hidePickedOptions
      size="xs"
    />
  );
}
