import { ActionIcon, Button, Menu, Modal, Textarea, TextInput } from "@mantine/core";
import { IconDots, IconPencil, IconTrash } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, type KeyboardEvent, useEffect, useRef, useState } from "react";
import { useMayChange } from "../access/useAccess";
import { deleteProject, editProject, refreshLists } from "../api/actions";
import { ApiError, messageOf } from "../api/client";
import { projectsQuery, viewsQuery } from "../api/queries";
import type { Project } from "../api/types";
import { complain, say } from "../shell/toast";
import { plural } from "../text/numbers";
import classes from "./Projects.module.css";

/** The open project's name and description, edited where they stand, and what can be done with it. */
export function ProjectHead({ project }: { project: Project }) {
  const mayChange = useMayChange();
  const [editing, setEditing] = useState(false);
  const [deleting, setDeleting] = useState(false);
  if (editing) return <Edited project={project} onEnd={() => setEditing(false)} />;
  return (
    <div className={classes.head}>
      <div className={classes.line}>
        <h1 dir="auto">{project.name}</h1>
        {mayChange && (
          <>
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label="Edit name and description"
              onClick={() => setEditing(true)}
            >
              <IconPencil size={15} />
            </ActionIcon>
            {!project.is_unsorted && (
              <Menu position="bottom-start">
                <Menu.Target>
                  <ActionIcon variant="subtle" color="gray" aria-label="More of the project">
                    <IconDots size={15} />
                  </ActionIcon>
                </Menu.Target>
                <Menu.Dropdown>
                  <Menu.Item
                    leftSection={<IconTrash size={15} />}
                    c="var(--danger)"
                    onClick={() => setDeleting(true)}
                  >
                    Delete the project …
                  </Menu.Item>
                </Menu.Dropdown>
              </Menu>
            )}
          </>
        )}
      </div>
      {project.description && (
        <p className={classes.description} dir="auto">
          {project.description}
        </p>
      )}
      {deleting && <Deletion project={project} onClose={() => setDeleting(false)} />}
    </div>
  );
}

/** Name and description as fields. Someone else's edit in between is shown, never overwritten silently. */
function Edited({ project, onEnd }: { project: Project; onEnd: () => void }) {
  const client = useQueryClient();
  // What was read when the fields opened: the list may be renewed underneath.
  const [version, setVersion] = useState(project.version);
  const [name, setName] = useState(project.name);
  const [description, setDescription] = useState(project.description);
  const [failure, setFailure] = useState<string | null>(null);
  const [theirs, setTheirs] = useState<Project | null>(null);
  const [busy, setBusy] = useState(false);
  const first = useRef<HTMLFormElement>(null);
  useEffect(() => first.current?.querySelector<HTMLElement>("input:enabled, textarea")?.focus(), []);

  async function save(event?: FormEvent): Promise<void> {
    event?.preventDefault();
    setBusy(true);
    setFailure(null);
    try {
      await editProject(project.id, { ...(!project.is_unsorted && { name }), description, version });
      await client.invalidateQueries({ queryKey: ["projects"] });
      onEnd();
    } catch (problem) {
      const current = problem instanceof ApiError && problem.status === 409 ? await current409() : undefined;
      if (current && current.version !== version) {
        setTheirs(current);
        setVersion(current.version);
      } else setFailure(messageOf(problem));
      setBusy(false);
    }
  }

  async function current409(): Promise<Project | undefined> {
    const { items } = await client.fetchQuery({ ...projectsQuery, staleTime: 0 });
    return items.find(({ id }) => id === project.id);
  }

  const keys = (event: KeyboardEvent) => {
    if (event.key === "Escape") onEnd();
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) void save();
  };
  return (
    <form ref={first} className={classes.edited} onSubmit={(event) => void save(event)} onKeyDown={keys}>
      <TextInput
        aria-label="Name of the project"
        dir="auto"
        value={name}
        maxLength={100}
        disabled={project.is_unsorted}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <Textarea
        aria-label="Description of the project"
        placeholder="What it is about"
        dir="auto"
        autosize
        minRows={2}
        maxRows={12}
        maxLength={10_000}
        value={description}
        onChange={(event) => setDescription(event.currentTarget.value)}
      />
      {theirs && (
        <div role="alert" className={classes.theirs}>
          <strong>Someone else saved in the meantime.</strong> Nothing of yours was written yet. Theirs:
          <p dir="auto">
            {theirs.name}
            {theirs.description && `\n\n${theirs.description}`}
          </p>
        </div>
      )}
      {failure && (
        <p role="alert" className={classes.failure}>
          Not saved. {failure}
        </p>
      )}
      <div className={classes.line}>
        <Button type="submit" loading={busy}>
          {theirs ? "Save mine over theirs" : "Save"}
        </Button>
        <Button variant="default" onClick={onEnd}>
          Cancel
        </Button>
      </div>
    </form>
  );
}

/** What is lost and what stays, with numbers, before it is done. */
function Deletion({ project, onClose }: { project: Project; onClose: () => void }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const { data: views } = useQuery(viewsQuery(project.id));
  const runs = project.runs + project.archived;
  const saved = views?.items.length ?? 0;
  async function remove(): Promise<void> {
    onClose();
    try {
      const { moved } = await deleteProject(project.id);
      void navigate({ to: "/", search: {} });
      refreshLists(client);
      say(`“${project.name}” deleted. ${plural(moved, "run")} went to Unsorted.`);
    } catch (failure) {
      complain("The project was not deleted", failure);
    }
  }
  return (
    <Modal opened onClose={onClose} title={`Delete “${project.name}”?`} size="md">
      <p>
        {runs > 0
          ? `No run is deleted: ${plural(runs, "run")}${
              project.archived ? `, ${project.archived} of them archived,` : ""
            } will be in Unsorted.`
          : "It holds no run."}{" "}
        {saved > 0 &&
          `${plural(saved, "saved view")} of the project ${saved === 1 ? "is" : "are"} deleted with it.`}
      </p>
      <div className={classes.buttons}>
        <Button variant="default" onClick={onClose} data-autofocus>
          Keep it
        </Button>
        <Button variant="default" c="var(--danger)" onClick={() => void remove()}>
          Delete the project
        </Button>
      </div>
    </Modal>
  );
}
