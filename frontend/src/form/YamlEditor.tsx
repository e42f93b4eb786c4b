import { Textarea } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { parse, stringify } from "yaml";
import { misfits, type Spec } from "./draft";
import classes from "./Form.module.css";
import type { Node } from "./schema";

interface YamlEditorProps {
  nodes: Node[];
  spec: Spec;
  onSpec: (spec: Spec) => void;
  onProblem: (problem: string | null) => void;
}

/** The same specification as text, in step with the form; a number may be a list of values to run over. */
export function YamlEditor({ nodes, spec, onSpec, onProblem }: YamlEditorProps) {
  const [text, setText] = useState(() => stringify(spec, { flowCollectionPadding: false }));
  const [problem, setProblem] = useState<string | null>(null);
  const tell = useRef(onProblem);
  tell.current = onProblem;
  useEffect(() => () => tell.current(null), []);

  function edit(next: string): void {
    setText(next);
    let newProblem: string | null = null;
    try {
      const value: unknown = parse(next) ?? {};
      if (typeof value !== "object" || Array.isArray(value))
        newProblem = "A specification is a mapping: name: value.";
      else newProblem = describe(misfits(nodes, value as Spec));
      if (!newProblem) onSpec(value as Spec);
    } catch (failure) {
      newProblem = `This is not YAML yet. ${failure instanceof Error ? failure.message.split("\n")[0] : ""}`;
    }
    setProblem(newProblem);
    onProblem(newProblem);
  }

  return (
    <Textarea
      aria-label="Specification as YAML"
      data-testid="yaml"
      className={classes.yaml}
      autosize
      minRows={24}
      spellCheck={false}
      value={text}
      error={problem}
      onChange={(event) => edit(event.currentTarget.value)}
    />
  );
}

function describe(problems: { field: string; message: string }[]): string | null {
  return problems.length ? problems.map(({ field, message }) => `${field}: ${message}`).join(" ") : null;
}
