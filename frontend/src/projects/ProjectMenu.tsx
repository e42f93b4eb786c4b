import { Popover } from "@mantine/core";
import { IconChevronDown, IconFolder } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useMayChange } from "../access/useAccess";
import { makeProject } from "../api/actions";
import { Late, late } from "../shell/Late";
import { complain } from "../shell/toast";
import { useKeys } from "../shell/useKeys";
import classes from "./Projects.module.css";
import { useOpenProject, useProjects } from "./useProject";

const ProjectPicker = late(() => import("./ProjectPicker").then((module) => module.ProjectPicker));

/** Which project is open, in the bar of every page; another one, or all runs, one click or key away. */
export function ProjectMenu() {
  const navigate = useNavigate();
  const client = useQueryClient();
  const mayChange = useMayChange();
  const open = useOpenProject();
  const { projects, project } = useProjects(open);
  const [opened, setOpened] = useState(false);
  useKeys({ p: () => setOpened(true) });
  const go = (id: string | undefined) => {
    setOpened(false);
    void navigate({ to: "/", search: { project: id } });
  };
  const make = async (name: string) => {
    try {
      const made = await makeProject(name);
      await client.invalidateQueries({ queryKey: ["projects"] });
      go(made.id);
    } catch (failure) {
      complain("The project was not made", failure);
    }
  };
  return (
    <Popover opened={opened} onChange={setOpened} width={300} position="bottom-start" shadow="md" trapFocus>
      <Popover.Target>
        <button
          type="button"
          className={classes.switcher}
          onClick={() => setOpened((before) => !before)}
          aria-label={`Project: ${project?.name ?? "All runs"}`}
          title="Choose a project (p)"
          data-testid="project"
        >
          <IconFolder size={15} aria-hidden className={classes.folder} />
          <span dir="auto">{project?.name ?? "All runs"}</span>
          <IconChevronDown size={13} aria-hidden className={classes.arrow} />
        </button>
      </Popover.Target>
      <Popover.Dropdown>
        <Late>
          <ProjectPicker
            projects={projects}
            current={open ?? ""}
            label="Project"
            onPick={({ id }) => go(id)}
            onAll={() => go(undefined)}
            {...(mayChange && { onMake: (name: string) => void make(name) })}
          />
        </Late>
      </Popover.Dropdown>
    </Popover>
  );
}
