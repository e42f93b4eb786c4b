import { TextInput } from "@mantine/core";
import { IconFolder, IconList, IconPlus } from "@tabler/icons-react";
import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef, useState } from "react";
import type { Project } from "../api/types";
import { count } from "../text/numbers";
import classes from "./Projects.module.css";

interface Choice {
  key: string;
  title: ReactNode;
  detail: string;
  icon: typeof IconFolder;
  choose: () => void;
}

interface ProjectPickerProps {
  projects: readonly Project[];
  /** The id of the one that is open. */
  current?: string | undefined;
  label: string;
  onPick: (project: Project) => void;
  /** Where all runs can be chosen as well. */
  onAll?: () => void;
  /** Where a new project can be made of what is typed. */
  onMake?: (name: string) => void;
}

/** A project is chosen by typing, by arrows or by a click; or one is made of what is typed. */
export function ProjectPicker(props: ProjectPickerProps) {
  const id = useId();
  const [wanted, setWanted] = useState("");
  const [active, setActive] = useState(0);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => input.current?.focus(), []);
  const choices = choicesOf(props, wanted.trim());
  const at = Math.min(active, choices.length - 1);
  const keyDown = (event: KeyboardEvent) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      const next = (at + step + choices.length) % Math.max(1, choices.length);
      setActive(next);
      document.getElementById(`${id}-${next}`)?.scrollIntoView({ block: "nearest" });
    } else if (event.key === "Enter") {
      event.preventDefault();
      choices[at]?.choose();
    }
  };
  return (
    <div className={classes.picker}>
      <TextInput
        ref={input}
        role="combobox"
        aria-label={props.label}
        aria-expanded
        aria-controls={id}
        aria-activedescendant={choices.length ? `${id}-${at}` : undefined}
        aria-autocomplete="list"
        placeholder={props.onMake ? "Find, or name a new one" : "Find a project"}
        value={wanted}
        maxLength={100}
        onChange={(event) => {
          setWanted(event.currentTarget.value);
          setActive(0);
        }}
        onKeyDown={keyDown}
        data-autofocus
      />
      <div id={id} role="listbox" aria-label={props.label} className={classes.options}>
        {choices.map(({ key, title, detail, icon: Icon, choose }, place) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are those of the box above.
          <div
            key={key}
            id={`${id}-${place}`}
            role="option"
            tabIndex={-1}
            aria-selected={place === at}
            data-current={key === props.current || undefined}
            className={classes.option}
            onClick={choose}
            onMouseMove={() => setActive(place)}
          >
            <Icon size={14} aria-hidden />
            <span className={classes.title} dir="auto">
              {title}
            </span>
            <span className="quiet">{detail}</span>
          </div>
        ))}
      </div>
      {choices.length === 0 && <p className="quiet">No project is called that.</p>}
    </div>
  );
}

function choicesOf({ projects, onPick, onAll, onMake }: ProjectPickerProps, wanted: string): Choice[] {
  const name = wanted.toLowerCase();
  const choices: Choice[] = [];
  if (onAll && "all runs".includes(name)) {
    const total = projects.reduce((sum, { runs }) => sum + runs, 0);
    choices.push({ key: "", title: "All runs", detail: count(total), icon: IconList, choose: onAll });
  }
  for (const project of projects)
    if (project.name.toLowerCase().includes(name))
      choices.push({
        key: project.id,
        title: project.name,
        detail: count(project.runs),
        icon: IconFolder,
        choose: () => onPick(project),
      });
  const taken = projects.some((project) => project.name.toLowerCase() === name);
  if (onMake && wanted && !taken)
    choices.push({
      key: "new",
      title: `New project “${wanted}”`,
      detail: "",
      icon: IconPlus,
      choose: () => onMake(wanted),
    });
  return choices;
}
