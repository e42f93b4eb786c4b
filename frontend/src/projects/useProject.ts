/** The project that is open: it stands in the address of the list, and this tab goes back to it. */

import { useSessionStorage } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import { useEffect } from "react";
import { projectsQuery } from "../api/queries";
import type { Project } from "../api/types";

const KEY = "anpyc-project";

function useRemembered() {
  return useSessionStorage<string>({ key: KEY, defaultValue: "", getInitialValueInEffect: false });
}

/** The id of the open project; undefined while all runs are shown. */
export function useOpenProject(): string | undefined {
  const [remembered] = useRemembered();
  const search: { project?: string } = useSearch({ strict: false });
  return search.project ?? (remembered || undefined);
}

/** Said by the list: this project is open now, or all runs are. */
export function useRemember(project: string | undefined): void {
  const [, setRemembered] = useRemembered();
  useEffect(() => setRemembered(project ?? ""), [project, setRemembered]);
}

/** All projects, once they are known, and the one of this id. */
export function useProjects(id?: string): { projects: Project[]; project: Project | undefined } {
  const { data } = useQuery(projectsQuery);
  const projects = data?.items ?? [];
  return { projects, project: projects.find((each) => each.id === id) };
}
