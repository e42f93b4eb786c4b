import { SegmentedControl, Select } from "@mantine/core";
import { Link, useNavigate } from "@tanstack/react-router";
import type { Catalog } from "../api/types";
import { useProjects } from "../projects/useProject";
import classes from "./Form.module.css";

export type Mode = "form" | "yaml";

interface FormHeadProps {
  title: string;
  catalog: Catalog;
  preset: string | undefined;
  /** The id of the project that the run goes to; undefined: Unsorted. */
  project: string | undefined;
  onProject: (project: string | undefined) => void;
  mode: Mode;
  onMode: (mode: Mode) => void;
}

/** The title, where to start from, and in which way to edit. */
export function FormHead({ title, catalog, preset, project, onProject, mode, onMode }: FormHeadProps) {
  return (
    <div className={classes.head}>
      <h1>{title}</h1>
      <Link to="/studies/new">Several methods at once</Link>
      <PresetPicker catalog={catalog} preset={preset} />
      <ProjectChoice project={project} onProject={onProject} />
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

/** Which project the run goes to, once there is a choice. */
function ProjectChoice({ project, onProject }: Pick<FormHeadProps, "project" | "onProject">) {
  const { projects } = useProjects();
  if (projects.length < 2) return null;
  const unsorted = projects.find(({ is_unsorted }) => is_unsorted)?.id;
  return (
    <Select
      aria-label="Project"
      w={180}
      data={projects.map(({ id, name }) => ({ value: id, label: name }))}
      value={project ?? unsorted ?? null}
      onChange={(id) => onProject(id ?? undefined)}
      allowDeselect={false}
      searchable
    />
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
      onChange={(name) =>
        void navigate({
          to: "/new",
          search: (before) => ({ project: before.project, preset: name ?? undefined }),
        })
      }
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
