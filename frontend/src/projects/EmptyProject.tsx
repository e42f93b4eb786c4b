import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useMayChange } from "../access/useAccess";
import type { Project } from "../api/types";
import { Message } from "../shell/Message";

/** What to do where a project holds nothing yet. */
export function EmptyProject({ project }: { project: Project }) {
  const mayChange = useMayChange();
  return (
    <Message
      title={`No run is in “${project.name}” yet`}
      actions={
        <>
          {mayChange && (
            <Button renderRoot={(props) => <Link to="/new" search={{ project: project.id }} {...props} />}>
              New run here
            </Button>
          )}
          <Button variant="default" renderRoot={(props) => <Link to="/" search={{}} {...props} />}>
            All runs
          </Button>
        </>
      }
    >
      {project.archived > 0
        ? `${project.archived} archived; the filter shows them. `
        : "While the project is open, new runs go into it. "}
      {mayChange &&
        "To move runs here, select some under All runs and press m, or drag them onto the project's name."}
    </Message>
  );
}
