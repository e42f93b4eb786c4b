import { SegmentedControl, Select, Switch } from "@mantine/core";
import type { FigureOption } from "../api/types";

export type OptionValue = string | boolean;

interface OptionControlProps {
  option: FigureOption;
  /** Undefined is the option's default. */
  value: OptionValue | undefined;
  /** Of the run, where a layer is chosen. */
  layers: readonly string[];
  onChange: (value: OptionValue | undefined) => void;
}

/** More choices than these stand in a list, not side by side. */
const MOST_SEGMENTS = 4;

/** The control that the kind of an option takes. */
export function OptionControl({ option, value, layers, onChange }: OptionControlProps) {
  const { title, kind, choices } = option;
  const standard = String(option.default);
  if (kind === "layer")
    return (
      <Select
        aria-label={title}
        w={170}
        placeholder="all layers"
        clearable
        value={typeof value === "string" ? value : null}
        data={[...layers]}
        onChange={(next) => onChange(next ?? undefined)}
      />
    );
  if (kind === "switch")
    return (
      <Switch
        label={title}
        size="xs"
        checked={value === undefined ? option.default === true : value === true}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
    );
  if (kind !== "choice") return null;
  const chosen = value === undefined ? standard : String(value);
  const choose = (next: string) => onChange(next === standard ? undefined : next);
  if (choices.length <= MOST_SEGMENTS)
    return <SegmentedControl aria-label={title} value={chosen} onChange={choose} data={choices} />;
  return (
    <Select
      aria-label={title}
      w={150}
      allowDeselect={false}
      value={chosen}
      data={choices}
      onChange={(next) => next !== null && choose(next)}
    />
  );
}
