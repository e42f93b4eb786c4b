/** What a note is kept in, whatever it is on. */

import { queryOptions, useQuery, useQueryClient } from "@tanstack/react-query";
import { editRun, refreshLists } from "../api/actions";
import { ApiError, api, dataOf } from "../api/client";
import { oneRun } from "../api/queries";
import type { Run } from "../api/types";

export interface Version {
  text: string;
  version: number;
}

export interface Keeper extends Version {
  /** What the note is on, as its buttons say: “on this run”. */
  on: string;
  /** Writes the text in place of that version; refused with a 409 where there is another one by now. */
  save: (text: string, version: number) => Promise<void>;
  /** What is there now. */
  reread: () => Promise<Version>;
}

export const isConflict = (failure: unknown): boolean =>
  failure instanceof ApiError && failure.status === 409;

/** A run's own note. */
export function useRunNote(run: Run): Keeper {
  const client = useQueryClient();
  return {
    on: "on this run",
    text: run.notes,
    version: run.version,
    save: async (notes, version) => {
      const after = await editRun(run.id, { notes, version });
      client.setQueryData(["run", run.id], after);
      refreshLists(client);
    },
    reread: async () => {
      const { notes, version } = await oneRun(run.id);
      return { text: notes, version };
    },
  };
}

const askForNotes = (keys: string[], signal?: AbortSignal) =>
  dataOf(api.GET("/api/notes", { params: { query: { key: keys } }, signal }));

/** The notes on a group or a comparison and on its figures, or on the figures of a run: asked for once for all. */
export const notesQuery = (keys: string[]) =>
  queryOptions({
    queryKey: ["notes", [...keys].sort()],
    queryFn: ({ signal }) => askForNotes(keys, signal),
    staleTime: 15_000,
  });

/** A note on a figure, or, where `figure` is empty, on the group or the comparison itself. */
export function useNote(keys: string[], figure: string, on: string): Keeper {
  const client = useQueryClient();
  const query = notesQuery(keys);
  const { data } = useQuery({ ...query, enabled: keys.length > 0 });
  const found = data?.items.find((note) => note.figure === figure);
  return {
    on,
    text: found?.text ?? "",
    version: found?.version ?? 0,
    save: async (text, version) => {
      await dataOf(api.PUT("/api/notes", { body: { keys, figure, text, version } }));
      await client.invalidateQueries({ queryKey: query.queryKey });
    },
    reread: async () => {
      const now = await askForNotes(keys);
      client.setQueryData(query.queryKey, now);
      const note = now.items.find((each) => each.figure === figure);
      return { text: note?.text ?? "", version: note?.version ?? 0 };
    },
  };
}
