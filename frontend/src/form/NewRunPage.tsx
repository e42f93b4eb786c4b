import { Button, Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import { useCallback, useEffect, useMemo, useState } from "react";
import { messageOf } from "../api/client";
import { catalogQuery, runQuery } from "../api/queries";
import type { Catalog, Run } from "../api/types";
import { Message } from "../shell/Message";
import { combinations, differences, draftOf, read, type Spec, withGrid } from "./draft";
import classes from "./Form.module.css";
import { FormHead, type Mode } from "./FormHead";
import { focusField } from "./focus";
import { SpecForm } from "./SpecForm";
import { Summary } from "./Summary";
import { type JsonSchema, type Node, readSchema } from "./schema";
import { pathOf, useDraft } from "./useDraft";
import { useSubmission } from "./useSubmission";
import { YamlEditor } from "./YamlEditor";

/** The form of a new run: empty, from a preset, or copied from another run. */
export function NewRunPage() {
  const { from, preset, project } = useSearch({ from: "/new" });
  const catalog = useQuery(catalogQuery);
  const source = useQuery({ ...runQuery(from ?? ""), enabled: from !== undefined });
  useEffect(() => {
    document.title = "New run · ANPyC Dashboard";
  }, []);
  const failure = catalog.error ?? source.error;
  if (failure)
    return (
      <Message
        title="The form could not be made"
        tone="danger"
        actions={<Button onClick={() => void catalog.refetch()}>Try again</Button>}
      >
        {messageOf(failure)}
      </Message>
    );
  if (!catalog.data || (from && !source.data))
    return <Skeleton height={560} radius={6} role="status" aria-label="Form is loading" />;
  return (
    <Form
      key={`${from ?? ""}/${preset ?? ""}`}
      catalog={catalog.data}
      source={from ? source.data : undefined}
      preset={preset}
      project={project}
    />
  );
}

interface FormProps {
  catalog: Catalog;
  source: Run | undefined;
  preset: string | undefined;
  /** The id of the project that is open. */
  project: string | undefined;
}

function initialSpec({ catalog, source, preset }: FormProps): Spec {
  // Without its name: a copy is named by what changed, unless somebody names it.
  if (source) return { ...(source.spec as unknown as Spec), name: "" };
  return (preset && (catalog.presets[preset] as unknown as Spec)) || {};
}

function Form(props: FormProps) {
  const { catalog, source, preset } = props;
  const nodes = useMemo(() => readSchema(catalog.schema as JsonSchema), [catalog.schema]);
  const form = useDraft(nodes, () => initialSpec(props));
  const { draft, reading } = form;
  const [project, setProject] = useState(props.project ?? source?.project_id);
  const { refused, ...sending } = useSubmission(reading, project, source);
  const changed = useChanges(nodes, source, reading.spec);
  const [mode, setMode] = useState<Mode>("form");
  const [yamlProblem, setYamlProblem] = useState<string | null>(null);
  const defaults = useMemo(() => read(nodes, draftOf(nodes)).spec, [nodes]);
  const problems = useMemo(() => {
    const typed = new Set(form.problems.map(({ field }) => field));
    return [...form.problems, ...refused.filter(({ field }) => !typed.has(field))];
  }, [form.problems, refused]);
  const byField = useMemo(() => new Map(problems.map(({ field, message }) => [field, message])), [problems]);

  function start(): void {
    if (sending.isBusy || yamlProblem) return;
    const first = form.showAll();
    if (first) focusField(first.field);
    else sending.submit();
  }
  useStartKey(start);

  return (
    <form
      className={classes.page}
      noValidate
      aria-label="New run"
      onSubmit={(event) => {
        event.preventDefault();
        start();
      }}
    >
      <div>
        <FormHead
          title={source ? "New run, copied" : "New run"}
          catalog={catalog}
          preset={preset}
          project={project}
          onProject={setProject}
          mode={mode}
          onMode={(next) => {
            if (!yamlProblem) setMode(next);
          }}
        />
        {source && (
          <p className="quiet" dir="auto">
            From “{source.name}”. A blue dot marks what differs from it.
          </p>
        )}
        {mode === "form" ? (
          <SpecForm
            nodes={nodes}
            draft={draft}
            problems={byField}
            changed={changed}
            onChange={(key, value) => {
              form.change(key, value);
              sending.forget(pathOf(key));
            }}
          />
        ) : (
          <YamlEditor
            nodes={nodes}
            spec={withGrid(reading.spec, reading.grid)}
            onSpec={(spec) => {
              form.replace(spec);
              sending.forget();
            }}
            onProblem={setYamlProblem}
          />
        )}
      </div>
      <Summary
        reading={reading}
        count={combinations(reading.grid)}
        defaults={defaults}
        parent={source?.id}
        problems={problems}
        failure={sending.failure}
        busy={sending.isBusy}
        blocked={yamlProblem}
        onProblem={(field) => {
          setMode("form");
          requestAnimationFrame(() => focusField(field));
        }}
      />
    </form>
  );
}

/** The paths in which `spec` differs from the run it was copied from. */
function useChanges(nodes: Node[], source: Run | undefined, spec: Spec): ReadonlySet<string> {
  /** With every field of today's schema: one that an older version stored may lack some. */
  const complete = useCallback((stored: Spec) => read(nodes, draftOf(nodes, stored)).spec, [nodes]);
  return useMemo(
    () => new Set(source ? differences({ ...complete(source.spec as unknown as Spec), name: "" }, spec) : []),
    [source, spec, complete],
  );
}

/** Ctrl or ⌘ with Enter starts, wherever the cursor is. */
function useStartKey(start: () => void): void {
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        start();
      }
    };
    window.addEventListener("keydown", pressed);
    return () => window.removeEventListener("keydown", pressed);
  });
}
