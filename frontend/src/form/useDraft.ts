import { useMemo, useState } from "react";
import type { Problem } from "../api/client";
import { type Draft, draftOf, type Reading, read, type Spec } from "./draft";
import type { Node } from "./schema";

interface DraftState {
  draft: Draft;
  reading: Reading;
  /** Of the fields that were touched; of all once sending was tried. */
  problems: Problem[];
  change: (key: string, value: string | boolean) => void;
  replace: (spec: Spec) => void;
  /** From now on every problem is shown; answers the first. */
  showAll: () => Problem | undefined;
}

/** How the API names the field that the form keeps under `key`. */
export function pathOf(key: string): string {
  return key.replaceAll(/\/[^./]+/g, "");
}

/** What is typed into the form, what it means and what is wrong with it. */
export function useDraft(nodes: Node[], initial: () => Spec): DraftState {
  const [draft, setDraft] = useState<Draft>(() => draftOf(nodes, initial()));
  const [touched, setTouched] = useState<ReadonlySet<string>>(new Set());
  const [tried, setTried] = useState(false);
  const reading = useMemo(() => read(nodes, draft), [nodes, draft]);
  const problems = useMemo(
    () => (tried ? reading.problems : reading.problems.filter(({ field }) => touched.has(field))),
    [reading.problems, tried, touched],
  );
  return {
    draft,
    reading,
    problems,
    change: (key, value) => {
      setDraft((before) => ({ ...before, [key]: value }));
      setTouched((before) => new Set(before).add(pathOf(key)));
    },
    replace: (spec) => setDraft(draftOf(nodes, spec)),
    showAll: () => {
      setTried(true);
      return reading.problems[0];
    },
  };
}
