import { ActionIcon, Button, Menu, Tooltip } from "@mantine/core";
import {
  IconArchive,
  IconCopy,
  IconDots,
  IconDownload,
  IconFolder,
  IconPencil,
  IconPlayerPlay,
  IconRefresh,
  IconTrash,
} from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useMayChange } from "../access/useAccess";
import {
  cancelRun,
  deleteRun,
  editRun,
  refreshLists,
  restoreRun,
  resumeRun,
  retryRun,
  useRunAction,
} from "../api/actions";
import { type Run, TERMINAL } from "../api/types";
import { MoveDialog } from "../projects/MoveDialog";
import { ROOT } from "../root";
import { complain, say, sayWithUndo } from "../shell/toast";
import { EditDialog } from "./EditDialog";

/** Whether a failed or cancelled run is offered to go on: not where a checkpoint of other settings or another
version would fail it again. */
export function goesOn(run: Run): boolean {
  return run.cannot_resume === null && run.error?.code !== "checkpoint_mismatch";
}

/** What can be done with a run as it stands. */
export function RunActions({ run }: { run: Run }) {
  const resumable = run.status === "failed" || run.status === "cancelled";
  if (!useMayChange()) return <MoreActions run={run} mayChange={false} />;
  return (
    <>
      {!TERMINAL.has(run.status) && <CancelButton run={run} />}
      {resumable && goesOn(run) && <ResumeButton run={run} />}
      {resumable && <RetryButton run={run} />}
      <Button
        variant="default"
        leftSection={<IconCopy size={14} />}
        renderRoot={(props) => <Link to="/new" search={{ from: run.id }} {...props} />}
      >
        Clone
      </Button>
      <MoreActions run={run} mayChange />
    </>
  );
}

const onRefusal = (title: string) => ({ onError: (failure: unknown) => complain(title, failure) });

function CancelButton({ run }: { run: Run }) {
  const cancel = useRunAction(cancelRun);
  return (
    <Button
      variant="default"
      loading={cancel.isPending}
      disabled={run.cancel_requested}
      onClick={() =>
        cancel.mutate(run.id, {
          ...onRefusal("The run was not cancelled"),
          onSuccess: (after) =>
            say(after.status === "cancelled" ? "Cancelled." : "Asked to stop; it ends within seconds."),
        })
      }
    >
      {cancel.isPending || run.cancel_requested ? "Stopping" : "Cancel"}
    </Button>
  );
}

function ResumeButton({ run }: { run: Run }) {
  const resume = useRunAction(resumeRun);
  return (
    <Tooltip label="Goes on from the last checkpoint as a new attempt of this run.">
      <Button
        leftSection={<IconPlayerPlay size={14} />}
        loading={resume.isPending}
        onClick={() => resume.mutate(run.id, onRefusal("The run cannot be resumed"))}
      >
        Resume
      </Button>
    </Tooltip>
  );
}

function RetryButton({ run }: { run: Run }) {
  const navigate = useNavigate();
  const retry = useRunAction(retryRun);
  const goTo = (next: Run) => void navigate({ to: "/runs/$id", params: { id: next.id } });
  return (
    <Tooltip label="A new run of the same specification, from the start.">
      <Button
        variant="default"
        leftSection={<IconRefresh size={14} />}
        loading={retry.isPending}
        onClick={() =>
          retry.mutate(run.id, { ...onRefusal("The run was not queued again"), onSuccess: goTo })
        }
      >
        Retry
      </Button>
    </Tooltip>
  );
}

function MoreActions({ run, mayChange }: { run: Run; mayChange: boolean }) {
  const [editing, setEditing] = useState(false);
  const [moving, setMoving] = useState(false);
  const archive = useArchiving(run);
  const remove = useRemoval(run);
  return (
    <>
      <Menu width={220}>
        <Menu.Target>
          <ActionIcon aria-label="More" variant="default" size={30}>
            <IconDots size={16} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {mayChange && (
            <>
              <Menu.Item leftSection={<IconPencil size={15} />} onClick={() => setEditing(true)}>
                Name, notes, tags
              </Menu.Item>
              <Menu.Item leftSection={<IconArchive size={15} />} onClick={() => void archive()}>
                {run.archived ? "Take out of the archive" : "Archive"}
              </Menu.Item>
              <Menu.Item leftSection={<IconFolder size={15} />} onClick={() => setMoving(true)}>
                Move to a project …
              </Menu.Item>
              <Menu.Divider />
            </>
          )}
          {(["csv", "json", "parquet", "html"] as const).map((format) => (
            <Menu.Item
              key={format}
              component="a"
              href={`${ROOT}/api/runs/${run.id}/export?format=${format}`}
              download
              leftSection={<IconDownload size={15} />}
            >
              Export as {format === "html" ? "HTML report" : format.toUpperCase()}
            </Menu.Item>
          ))}
          {mayChange && (
            <>
              <Menu.Divider />
              <Menu.Item
                leftSection={<IconTrash size={15} />}
                c="var(--danger)"
                disabled={!TERMINAL.has(run.status)}
                onClick={() => void remove()}
              >
                Delete
              </Menu.Item>
            </>
          )}
        </Menu.Dropdown>
      </Menu>
      {moving && <MoveDialog keys={[run.id]} what="the run" onClose={() => setMoving(false)} />}
      {editing && <EditDialog run={run} onClose={() => setEditing(false)} />}
    </>
  );
}

/** Puts the run into the archive or takes it out. */
function useArchiving(run: Run): () => Promise<void> {
  const client = useQueryClient();
  const set = async (archived: boolean) => {
    client.setQueryData(["run", run.id], await editRun(run.id, { archived }));
    refreshLists(client);
  };
  return async () => {
    const to = !run.archived;
    await set(to).then(
      () => sayWithUndo(to ? "Archived." : "Taken out of the archive.", () => set(!to)),
      (failure) => complain("This could not be changed", failure),
    );
  };
}

/** Deletes the run, leaves its page and offers to bring it back. */
function useRemoval(run: Run): () => Promise<void> {
  const navigate = useNavigate();
  const client = useQueryClient();
  return async () => {
    try {
      await deleteRun(run.id);
    } catch (failure) {
      complain("The run was not deleted", failure);
      return;
    }
    refreshLists(client);
    void navigate({ to: "/" });
    sayWithUndo(`“${run.name}” deleted.`, async () => {
      await restoreRun(run.id);
      refreshLists(client);
    });
  };
}
