import { Select } from "@mantine/core";
import type { MaskIndex } from "../api/types";
import { count, percent } from "../text/numbers";
import classes from "./LayerPicker.module.css";
import { type Step, standAt } from "./steps";

interface LayerPickerProps {
  items: MaskIndex["items"];
  layers: { layer: string; shape: number[] }[];
  value: string;
  step: Step;
  onChange: (layer: string) => void;
}

const SEARCHED_FROM = 12;

/** The layers of the network, each with its shape and the share of it that is free at the step shown. */
export function LayerPicker({ items, layers, value, step, onChange }: LayerPickerProps) {
  const shape = layers.find(({ layer }) => layer === value)?.shape ?? [];
  return (
    <Select
      label={
        <>
          Layer <span className="quiet">{inWords(shape)}</span>
        </>
      }
      aria-label="Layer"
      className={classes.layer}
      value={value}
      allowDeselect={false}
      searchable={layers.length > SEARCHED_FROM}
      nothingFoundMessage="No layer is called that"
      maxDropdownHeight={420}
      comboboxProps={{ width: 400, position: "bottom-start" }}
      onChange={(next) => next && onChange(next)}
      data={layers.map(({ layer }) => layer)}
      renderOption={({ option }) => {
        const entry = layers.find(({ layer }) => layer === option.value);
        const free = standAt(items, option.value, step)?.free ?? null;
        const size = (entry?.shape ?? []).reduce((product, side) => product * side, 1);
        return (
          <span className={classes.option}>
            <span className={classes.name}>{option.label}</span>
            <span className="quiet">{inWords(entry?.shape ?? [])}</span>
            {free !== null && (
              <>
                <span className={classes.bar} aria-hidden>
                  <span style={{ width: `${100 * (1 - free / size)}%` }} />
                </span>
                <span className={classes.share}>{percent(free / size, 0)} free</span>
              </>
            )}
          </span>
        );
      }}
    />
  );
}

function inWords(shape: number[]): string {
  return shape.map(count).join(" × ");
}
