import { Button, Popover, TagsInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useMayChange } from "../access/useAccess";
import { cancelRun, deleteRun, editRun, refreshLists, restoreRun, retryRun } from "../api/actions";
import { allRuns, type RunsFilter } from "../api/queries";
import { type RunSummary, TERMINAL } from "../api/types";
import { complain, say, sayWithUndo } from "../shell/toast";
import { count, plural } from "../text/numbers";
import { onEach } from "./each";
import classes from "./SelectionBar.module.css";
import { NOTHING, type Selection } from "./selection";

interface SelectionBarProps {
  /** The selected runs, also those that the filter hides. */
  chosen: RunSummary[];
  filter: RunsFilter;
  total: number;
  onSelection: (selection: Selection) => void;
  /** Asks where to move these runs. */
  onMove: (keys: string[], what: string) => void;
}

const ALL_AT_ONCE = 200;

/** What can be done with the selected runs. Every button says how many it touches. */
export function SelectionBar({ chosen, filter, total, onSelection, onMove }: SelectionBarProps) {
  const navigate = useNavigate();
  const mayChange = useMayChange();
  const { active, ended, retryable, archived } = groupsOf(chosen);
  const { working, ...actions } = useActions(chosen, filter, onSelection);
  const busy = working !== null;
  const tooMany = chosen.length > ALL_AT_ONCE;
  return (
    <section className={classes.bar} aria-label="Selection" data-testid="selection" aria-busy={busy}>
      <strong>{plural(chosen.length, "run")} selected</strong>
      {chosen.length < total && (
        <Button variant="subtle" disabled={busy} onClick={() => void actions.selectAll()}>
          Select all {count(total)}
        </Button>
      )}
      <Button
        onClick={() => void navigate({ to: "/compare", search: { run: chosen.map(({ id }) => id) } })}
        disabled={tooMany}
        title={tooMany ? `At most ${ALL_AT_ONCE} can be compared.` : undefined}
      >
        Compare {count(chosen.length)}
      </Button>
      {mayChange && (
        <>
          <Button
            variant="default"
            disabled={busy}
            title="To a project (m)"
            onClick={() =>
              onMove(
                chosen.map(({ id }) => id),
                plural(chosen.length, "run"),
              )
            }
          >
            Move {count(chosen.length)}
          </Button>
          <TagButton number={chosen.length} busy={busy} onTags={(tags) => void actions.tag(tags)} />
          <Button variant="default" disabled={busy} onClick={() => void actions.archive()}>
            {archived ? "Unarchive" : "Archive"} {count(chosen.length)}
          </Button>
          {active.length > 0 && (
            <Button variant="default" disabled={busy} onClick={() => void actions.cancel()}>
              Cancel {count(active.length)}
            </Button>
          )}
          {retryable.length > 0 && (
            <Button variant="default" disabled={busy} onClick={() => void actions.retry()}>
              Retry {count(retryable.length)}
            </Button>
          )}
          {ended.length > 0 && (
            <Button variant="default" c="var(--danger)" disabled={busy} onClick={() => void actions.remove()}>
              Delete {count(ended.length)}
            </Button>
          )}
        </>
      )}
      <span className={`quiet ${classes.working}`} role="status">
        {working}
      </span>
      <Button variant="subtle" color="gray" onClick={actions.clear}>
        Clear selection
      </Button>
    </section>
  );
}

/** The selected runs by what can be done with them. */
function groupsOf(chosen: RunSummary[]) {
  return {
    active: chosen.filter((run) => !TERMINAL.has(run.status) && !run.cancel_requested),
    ended: chosen.filter((run) => TERMINAL.has(run.status)),
    retryable: chosen.filter((run) => run.status === "failed" || run.status === "cancelled"),
    archived: chosen.every((run) => run.archived),
  };
}

/** What the buttons do, and how far it has come. */
function useActions(chosen: RunSummary[], filter: RunsFilter, onSelection: (selection: Selection) => void) {
  const client = useQueryClient();
  const [working, setWorking] = useState<string | null>(null);
  const clear = () => onSelection(NOTHING);
  const { active, ended, retryable, archived } = groupsOf(chosen);

  /** Answers the runs to which it was done; says how many refused. */
  async function each(runs: RunSummary[], act: (run: RunSummary) => Promise<unknown>): Promise<RunSummary[]> {
    const { done, failed, reason } = await onEach(runs, act, (answered) =>
      setWorking(`${count(answered)} of ${count(runs.length)} done`),
    );
    setWorking(null);
    refreshLists(client);
    if (failed.length) complain(`${plural(failed.length, "run")} of ${runs.length} refused`, reason);
    return done;
  }

  async function archive(): Promise<void> {
    const to = !archived;
    const done = await each(chosen, (run) => editRun(run.id, { archived: to }));
    if (done.length === 0) return;
    clear();
    sayWithUndo(`${plural(done.length, "run")} ${to ? "archived" : "taken out of the archive"}.`, () =>
      each(done, (run) => editRun(run.id, { archived: !to })),
    );
  }

  async function remove(): Promise<void> {
    const done = await each(ended, (run) => deleteRun(run.id));
    if (done.length === 0) return;
    clear();
    sayWithUndo(`${plural(done.length, "run")} deleted.`, () => each(done, (run) => restoreRun(run.id)));
  }

  async function tag(tags: string[]): Promise<void> {
    const done = await each(chosen, (run) => editRun(run.id, { tags: [...new Set([...run.tags, ...tags])] }));
    if (done.length === 0) return;
    sayWithUndo(`${plural(done.length, "run")} tagged.`, () =>
      each(done, (run) => editRun(run.id, { tags: run.tags })),
    );
  }

  async function cancel(): Promise<void> {
    const done = await each(active, (run) => cancelRun(run.id));
    if (done.length) say(`${plural(done.length, "run")} asked to stop.`);
  }

  async function retry(): Promise<void> {
    const made = new Map<string, string>();
    const done = await each(retryable, async (run) => made.set(run.id, (await retryRun(run.id)).id));
    if (done.length === 0) return;
    clear();
    sayWithUndo(`${plural(done.length, "run")} queued again as new runs.`, () =>
      each(done, (run) => cancelRun(made.get(run.id) ?? run.id)),
    );
  }

  async function selectAll(): Promise<void> {
    setWorking("looking them up");
    try {
      const runs = await allRuns(filter);
      onSelection(new Map(runs.map((run) => [run.id, run])));
    } catch (failure) {
      complain("The runs could not all be selected", failure);
    }
    setWorking(null);
  }

  return { working, clear, archive, remove, tag, cancel, retry, selectAll };
}

interface TagButtonProps {
  number: number;
  busy: boolean;
  onTags: (tags: string[]) => void;
}

function TagButton({ number, busy, onTags }: TagButtonProps) {
  const [opened, setOpened] = useState(false);
  const [tags, setTags] = useState<string[]>([]);
  const close = () => {
    setOpened(false);
    if (tags.length) onTags(tags);
    setTags([]);
  };
  return (
    <Popover opened={opened} onChange={(open) => !open && close()} width={260} shadow="md" trapFocus>
      <Popover.Target>
        <Button variant="default" disabled={busy} onClick={() => setOpened(true)}>
          Tag {count(number)}
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <TagsInput
          label={`Add tags to ${plural(number, "run")}`}
          placeholder="Tag, then Enter"
          value={tags}
          onChange={setTags}
          data-autofocus
        />
        <Button mt="xs" onClick={close} fullWidth>
          Add
        </Button>
      </Popover.Dropdown>
    </Popover>
  );
}
