/** Moves runs into a project and offers to take it back. */

import { useQueryClient } from "@tanstack/react-query";
import { makeProject, moveRuns, refreshLists } from "../api/actions";
import type { Project } from "../api/types";
import { complain, say, sayWithUndo } from "../shell/toast";
import { plural } from "../text/numbers";

interface Moving {
  /** Answers whether they are there now. */
  move: (project: Pick<Project, "id" | "name">, keys: readonly string[]) => Promise<boolean>;
  /** The same, into a new project of this name. */
  moveToNew: (name: string, keys: readonly string[]) => Promise<boolean>;
}

export function useMoving(): Moving {
  const client = useQueryClient();
  const renew = () => {
    refreshLists(client);
    void client.invalidateQueries({ queryKey: ["run"] });
  };

  async function move(project: Pick<Project, "id" | "name">, keys: readonly string[]): Promise<boolean> {
    try {
      const before = await moveRuns(project.id, keys);
      const moved = before.reduce((sum, { run_ids }) => sum + run_ids.length, 0);
      renew();
      if (moved === 0) say(`Already in “${project.name}”.`);
      else
        sayWithUndo(`${plural(moved, "run")} moved to “${project.name}”.`, async () => {
          for (const { project_id, run_ids } of before) await moveRuns(project_id, run_ids);
          renew();
        });
      return true;
    } catch (failure) {
      complain("Nothing was moved", failure);
      return false;
    }
  }

  async function moveToNew(name: string, keys: readonly string[]): Promise<boolean> {
    try {
      return await move(await makeProject(name), keys);
    } catch (failure) {
      complain("The project was not made", failure);
      return false;
    }
  }

  return { move, moveToNew };
}
