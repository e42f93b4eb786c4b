import { Button, Modal, TagsInput, Textarea, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { editRun, refreshLists } from "../api/actions";
import { ApiError, messageOf } from "../api/client";
import { runQuery } from "../api/queries";
import type { Run } from "../api/types";

/** Name, notes and tags. Someone else's edit in between is shown, never overwritten silently. */
export function EditDialog({ run, onClose }: { run: Run; onClose: () => void }) {
  const client = useQueryClient();
  // What was read when the dialogue opened: a stream may renew the run underneath.
  const [version, setVersion] = useState(run.version);
  const [name, setName] = useState(run.name);
  const [notes, setNotes] = useState(run.notes);
  const [tags, setTags] = useState(run.tags);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>(null);
  const [theirs, setTheirs] = useState<Run | null>(null);

  async function save(event: FormEvent): Promise<void> {
    event.preventDefault();
    setBusy(true);
    setFailure(null);
    try {
      const after = await editRun(run.id, { name, notes, tags, version });
      client.setQueryData(["run", run.id], after);
      refreshLists(client);
      onClose();
    } catch (problem) {
      if (problem instanceof ApiError && problem.status === 409) {
        const current = await client.fetchQuery({ ...runQuery(run.id), staleTime: 0 });
        setTheirs(current);
        setVersion(current.version);
      } else setFailure(problem);
    } finally {
      setBusy(false);
    }
  }

  return (
    <Modal opened onClose={onClose} title="Name, notes, tags" size="lg">
      <form onSubmit={(event) => void save(event)} style={{ display: "grid", gap: 12 }}>
        <TextInput
          label="Name"
          dir="auto"
          value={name}
          maxLength={200}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Textarea
          label="Notes"
          dir="auto"
          autosize
          minRows={5}
          maxRows={16}
          value={notes}
          onChange={(event) => setNotes(event.currentTarget.value)}
        />
        <TagsInput label="Tags" placeholder="Tag, then Enter" value={tags} onChange={setTags} />
        {theirs && (
          <div role="alert" style={{ padding: "10px 12px", background: "var(--warn-soft)", borderRadius: 5 }}>
            <strong>Someone else saved in the meantime.</strong> Nothing of yours was written yet. Theirs:
            <p style={{ whiteSpace: "pre-wrap", marginTop: 6 }} dir="auto">
              {theirs.name}
              {theirs.notes && `\n\n${theirs.notes}`}
              {theirs.tags.length > 0 && `\n\n${theirs.tags.join(", ")}`}
            </p>
            <Button
              variant="default"
              mt="xs"
              onClick={() => {
                setName(theirs.name);
                setNotes(theirs.notes);
                setTags(theirs.tags);
                setTheirs(null);
              }}
            >
              Take theirs
            </Button>
          </div>
        )}
        {failure !== null && (
          <p role="alert" style={{ color: "var(--danger)" }}>
            Not saved. {messageOf(failure)}
          </p>
        )}
        <div style={{ display: "flex", justifyContent: "flex-end", gap: 8 }}>
          <Button variant="default" onClick={onClose}>
            Close
          </Button>
          <Button type="submit" loading={busy}>
            {theirs ? "Save mine over theirs" : "Save"}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
