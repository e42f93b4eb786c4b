import { Chip, Group } from "@mantine/core";
import type { Run } from "../api/types";

/** More tasks than these are hidden by zooming, not one by one. */
const MOST_CHIPS = 20;

interface TaskChipsProps {
  run: Run;
  /** Names of tasks. */
  hidden: ReadonlySet<string>;
  onChange: (hidden: ReadonlySet<string>) => void;
}

/** Which tasks' lines a figure shows. */
export function TaskChips({ run, hidden, onChange }: TaskChipsProps) {
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
          >
            {name}
          </Chip>
        ))}
      </Group>
    </Chip.Group>
  );
}
