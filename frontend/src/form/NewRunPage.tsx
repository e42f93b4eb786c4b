import { Button, SegmentedControl, Select, Skeleton } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { refreshLists, submitRun, submitSweep } from "../api/actions";
import { ApiError, messageOf, type Problem } from "../api/client";
import { newKey } from "../api/key";
import { catalogQuery, runQuery } from "../api/queries";
import type { Catalog, Run } from "../api/types";
import { Message } from "../shell/Message";
import { say } from "../shell/toast";
import { combinations, type Draft, differences, draftOf, read, type Spec, withGrid } from "./draft";
import classes from "./Form.module.css";
import { SpecForm } from "./SpecForm";
import { Summary } from "./Summary";
import { type JsonSchema, readSchema } from "./schema";
import { YamlEditor } from "./YamlEditor";

/** The form of a new run: empty, from a preset, or copied from another run. */
export function NewRunPage() {
  const { from, preset } = useSearch({ from: "/new" });
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
    />
  );
}

interface FormProps {
  catalog: Catalog;
  source: Run | undefined;
  preset: string | undefined;
}

type Result = { run: Run } | { group: string; count: number };

function initialSpec({ catalog, source, preset }: FormProps): Spec {
  if (source) return { ...(source.spec as unknown as Spec) };
  return (preset && (catalog.presets[preset] as unknown as Spec)) || {};
}

function Form(props: FormProps) {
  const { catalog, source, preset } = props;
  const navigate = useNavigate();
  const client = useQueryClient();
  const nodes = useMemo(() => readSchema(catalog.schema as JsonSchema), [catalog.schema]);
  const [draft, setDraft] = useState<Draft>(() => draftOf(nodes, initialSpec(props)));
  const [refused, setRefused] = useState<Problem[]>([]);
  const [tried, setTried] = useState(false);
  const [touched, setTouched] = useState<ReadonlySet<string>>(new Set());
  const [mode, setMode] = useState<"form" | "yaml">("form");
  const [yamlProblem, setYamlProblem] = useState<string | null>(null);
  // Made once per opening of the form: however often it is sent, the server makes one run of it.
  const key = useRef(newKey());

  const reading = useMemo(() => read(nodes, draft), [nodes, draft]);
  const defaults = useMemo(() => read(nodes, draftOf(nodes)).spec, [nodes]);
  /** With every field of today's schema: one that an older version stored may lack some. */
  const complete = useCallback((spec: Spec) => read(nodes, draftOf(nodes, spec)).spec, [nodes]);
  const changed = useMemo(
    () => new Set(source ? differences(complete(source.spec as unknown as Spec), reading.spec) : []),
    [source, reading.spec, complete],
  );
  const count = combinations(reading.grid);

  const submit = useMutation({
    mutationFn: async (): Promise<Result> => {
      if (count === 1) return { run: await submitRun(reading.spec, key.current) };
      const { seed: seeds = [], ...grid } = reading.grid;
      const name = String(reading.spec.name ?? "");
      const sweep = await submitSweep({ spec: reading.spec, grid, seeds, name }, key.current);
      return { group: sweep.group_id, count: sweep.items.length };
    },
    onSuccess: (result) => {
      refreshLists(client);
      if ("run" in result) {
        client.setQueryData(["run", result.run.id], result.run);
        void navigate({ to: "/runs/$id", params: { id: result.run.id } });
      } else {
        say(`${result.count} runs queued.`);
        void navigate({ to: "/", search: { group: result.group } });
      }
    },
    onError: (failure) => {
      setRefused(failure instanceof ApiError ? failure.problems.map(inTheForm) : []);
      key.current = failure instanceof ApiError ? newKey() : key.current;
    },
  });

  const problems = useMemo(() => {
    const here = tried ? reading.problems : reading.problems.filter(({ field }) => touched.has(field));
    return [...here, ...refused.filter(({ field }) => !here.some((problem) => problem.field === field))];
  }, [reading.problems, refused, tried, touched]);
  const byField = useMemo(() => new Map(problems.map(({ field, message }) => [field, message])), [problems]);

  function change(fieldKey: string, value: string | boolean): void {
    const path = fieldKey.replaceAll(/\/[^./]+/g, "");
    setDraft((before) => ({ ...before, [fieldKey]: value }));
    setTouched((before) => new Set(before).add(path));
    // What the server said of a field, or of its part, no longer holds once it is edited.
    setRefused((before) => before.filter(({ field }) => field !== path && !field.startsWith(`${path}.`)));
    submit.reset();
  }

  function replace(spec: Spec): void {
    setDraft(draftOf(nodes, spec));
    setRefused([]);
    submit.reset();
  }

  function start(): void {
    if (submit.isPending || submit.isSuccess || yamlProblem) return;
    setTried(true);
    const first = reading.problems[0];
    if (first) focusField(first.field);
    else submit.mutate();
  }

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
        <div className={classes.head}>
          <h1>{source ? "New run, copied" : "New run"}</h1>
          <PresetPicker
            catalog={catalog}
            preset={preset}
            onPick={(name) => void navigate({ to: "/new", search: { preset: name } })}
          />
          <SegmentedControl
            aria-label="Edit as"
            value={mode}
            onChange={(next) => {
              if (!yamlProblem) setMode(next as "form" | "yaml");
            }}
            data={[
              { value: "form", label: "Form" },
              { value: "yaml", label: "YAML" },
            ]}
          />
        </div>
        {source && (
          <p className="quiet" dir="auto">
            From “{source.name}”. A blue dot marks what differs from it.
          </p>
        )}
        {mode === "form" ? (
          <SpecForm nodes={nodes} draft={draft} problems={byField} changed={changed} onChange={change} />
        ) : (
          <YamlEditor
            nodes={nodes}
            spec={withGrid(reading.spec, reading.grid)}
            onSpec={replace}
            onProblem={setYamlProblem}
          />
        )}
      </div>
      <Summary
        catalog={catalog}
        reading={reading}
        count={count}
        defaults={defaults}
        complete={complete}
        problems={problems}
        failure={
          submit.error && !(submit.error instanceof ApiError && submit.error.problems.length)
            ? submit.error
            : null
        }
        busy={submit.isPending || submit.isSuccess}
        blocked={yamlProblem}
        onProblem={(field) => {
          setMode("form");
          requestAnimationFrame(() => focusField(field));
        }}
      />
    </form>
  );
}

function PresetPicker({
  catalog,
  preset,
  onPick,
}: {
  catalog: Catalog;
  preset: string | undefined;
  onPick: (name: string | undefined) => void;
}) {
  const names = Object.keys(catalog.presets);
  if (names.length === 0) return null;
  return (
    <Select
      aria-label="Preset"
      placeholder="Start from a preset"
      w={250}
      data={names}
      value={preset ?? null}
      onChange={(name) => onPick(name ?? undefined)}
      clearable
      searchable
      comboboxProps={{ width: 380, position: "bottom-end" }}
      renderOption={({ option }) => (
        <span className={classes.kindOption}>
          <strong>{option.label}</strong>
          <span>{catalog.preset_notes[option.value]}</span>
        </span>
      )}
    />
  );
}

/** A sweep's problems are told in the sweep's terms: `spec.strategy.lam`, `grid.strategy.lam.0`, `seeds.2`. */
function inTheForm({ field, message }: Problem): Problem {
  const path = field.replace(/^spec\./, "").replace(/^seeds\b.*/, "seed");
  return { field: path.replace(/^grid\.(.*?)(\.\d+)?$/, "$1"), message };
}

/** Brings the input of a path into view, or of the nearest path above it. */
function focusField(path: string): void {
  for (let steps = path.split("."); steps.length > 0; steps = steps.slice(0, -1)) {
    const place = document.querySelector<HTMLElement>(`[data-path="${CSS.escape(steps.join("."))}"]`);
    if (!place) continue;
    const input = place.matches("input, textarea")
      ? place
      : place.querySelector<HTMLElement>("input, textarea");
    (input ?? place).focus({ preventScroll: true });
    place.scrollIntoView({ block: "center" });
    return;
  }
}
