import { IconFolder } from "@tabler/icons-react";
import { useState } from "react";
import { count } from "../text/numbers";
import { carriesRuns, keysIn, useDragEnd, useDragged } from "./dragging";
import classes from "./Projects.module.css";
import { useMoving } from "./useMoving";
import { useProjects } from "./useProject";

interface DropTrayProps {
  /** The open project, which nothing needs to be dragged to. */
  current: string | undefined;
  onMoved: () => void;
}

/** All projects, beside the list, while rows are dragged: where they are let go, they go. */
export function DropTray({ current, onMoved }: DropTrayProps) {
  useDragEnd();
  const dragged = useDragged();
  const { projects } = useProjects();
  const { move } = useMoving();
  const [over, setOver] = useState<string | null>(null);
  if (dragged.length === 0) return null;
  return (
    <section className={classes.tray} aria-label="Move to a project" data-testid="drop-tray">
      <h2>Move to</h2>
      <ul>
        {projects
          .filter(({ id }) => id !== current)
          .map((project) => (
            <li
              key={project.id}
              className={classes.option}
              data-over={over === project.id || undefined}
              onDragOver={(event) => {
                if (!carriesRuns(event)) return;
                event.preventDefault();
                event.dataTransfer.dropEffect = "move";
                setOver(project.id);
              }}
              onDragLeave={() => setOver((before) => (before === project.id ? null : before))}
              onDrop={(event) => {
                event.preventDefault();
                setOver(null);
                void move(project, keysIn(event)).then((moved) => moved && onMoved());
              }}
            >
              <IconFolder size={14} aria-hidden />
              <span className={classes.title} dir="auto">
                {project.name}
              </span>
              <span className="quiet">{count(project.runs)}</span>
            </li>
          ))}
      </ul>
      {projects.length < 2 && <p className="quiet">There is no other project yet: press m to make one.</p>}
    </section>
  );
}
