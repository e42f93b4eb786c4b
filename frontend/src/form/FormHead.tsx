import { SegmentedControl, Select } from "@mantine/core";
import { Link, useNavigate } from "@tanstack/react-router";
import type { Catalog } from "../api/types";
import classes from "./Form.module.css";

export type Mode = "form" | "yaml";

interface FormHeadProps {
  title: string;
  catalog: Catalog;
  preset: string | undefined;
  mode: Mode;
  onMode: (mode: Mode) => void;
}

/** The title, where to start from, and in which way to edit. */
export function FormHead({ title, catalog, preset, mode, onMode }: FormHeadProps) {
  return (
    <div className={classes.head}>
      <h1>{title}</h1>
      <Link to="/studies/new">Several methods at once</Link>
      <PresetPicker catalog={catalog} preset={preset} />
      <SegmentedControl
        aria-label="Edit as"
        value={mode}
        onChange={(next) => onMode(next as Mode)}
        data={[
          { value: "form", label: "Form" },
          { value: "yaml", label: "YAML" },
        ]}
      />
    </div>
  );
}

function PresetPicker({ catalog, preset }: Pick<FormHeadProps, "catalog" | "preset">) {
  const navigate = useNavigate();
  const names = Object.keys(catalog.presets);
  if (names.length === 0) return null;
  return (
    <Select
      aria-label="Preset"
      placeholder="Start from a preset"
      w={250}
      data={names}
      value={preset ?? null}
      onChange={(name) => void navigate({ to: "/new", search: { preset: name ?? undefined } })}
      clearable
      searchable
      comboboxProps={{ width: 380, position: "bottom-end" }}
      renderOption={({ option }) => (
        <span className={classes.kindOption}>
          <strong>{option.label}</strong>
          <span>{catalog.preset_notes[option.value]}</span>
        </span>
      )}
    />
  );
}
