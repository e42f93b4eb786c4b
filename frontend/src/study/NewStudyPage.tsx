import {
  Button,
  MultiSelect,
  SegmentedControl,
  Select,
  Skeleton,
  Switch,
  Textarea,
  TextInput,
} from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useMemo, useRef, useState } from "react";
import { parse, stringify } from "yaml";
import { useMayChange } from "../access/useAccess";
import { refreshLists } from "../api/actions";
import { ApiError, messageOf } from "../api/client";
import { newKey } from "../api/key";
import { catalogQuery } from "../api/queries";
import form from "../form/Form.module.css";
import { type JsonSchema, type Node, readSchema } from "../form/schema";
import { Message } from "../shell/Message";
import { plural } from "../text/numbers";
import { Matrix } from "./Matrix";
import { studyPresetsQuery, studyPreviewQuery, submitStudy } from "./queries";
import {
  benchmarksOf,
  commonValue,
  kindOf,
  numbersOf,
  optionsOf,
  readNumbers,
  type StudyRequest,
  withBenchmarks,
  withCommon,
  withSetting,
  written,
} from "./request";
import classes from "./Study.module.css";

/** Typing goes on faster than this. */
const PAUSE_MS = 300;

/** Methods, settings, seeds and benchmarks in one form, and what they make before they are sent. */
export function NewStudyPage() {
  const catalog = useQuery(catalogQuery);
  const presets = useQuery(studyPresetsQuery);
  useEffect(() => {
    document.title = "New study · ANPyC Dashboard";
  }, []);
  const failure = catalog.error ?? presets.error;
  if (failure)
    return (
      <Message title="The form could not be made" tone="danger">
        {messageOf(failure)}
      </Message>
    );
  if (!catalog.data || !presets.data)
    return <Skeleton height={560} radius={6} role="status" aria-label="Form is loading" />;
  return (
    <StudyForm
      nodes={readSchema(catalog.data.schema as JsonSchema)}
      presets={presets.data.items.map(({ name, title, request }) => ({
        name,
        title,
        request: request as unknown as StudyRequest,
      }))}
    />
  );
}

interface FormProps {
  nodes: Node[];
  presets: { name: string; title: string; request: StudyRequest }[];
}

function StudyForm({ nodes, presets }: FormProps) {
  const [first] = presets;
  const [request, setRequest] = useState<StudyRequest>(
    () => first?.request ?? { methods: [{ strategy: { kind: "anpyc" } }], seeds: [0] },
  );
  const [start, setStart] = useState<string | null>(first?.name ?? null);
  const [mode, setMode] = useState("form");
  /** By field: what was typed and cannot be read. */
  const [unread, setUnread] = useState<Record<string, string>>({});
  const field = (name: string, value: unknown, apply: (value: unknown) => StudyRequest) => ({
    value: unread[name] ?? written(value),
    error: unread[name] === undefined ? undefined : "Numbers, several with commas.",
    onChange: (event: { currentTarget: { value: string } }) => {
      const typed = event.currentTarget.value;
      const read = /[,.]\s*$/.test(typed) ? null : readNumbers(typed);
      setUnread(({ [name]: _, ...others }) => (read === null ? { ...others, [name]: typed } : others));
      if (read !== null) setRequest(apply(read));
    },
  });
  const strategies = optionsOf(nodes, "strategy");
  const data = (path: string) =>
    optionsOf(nodes, path).map(({ kind, title }) => ({ value: kind, label: title }));
  return (
    <div className={form.page}>
      <div>
        <div className={form.head}>
          <h1>New study</h1>
          <Select
            aria-label="Start from"
            w={290}
            data={presets.map(({ name, title }) => ({ value: name, label: title }))}
            value={start}
            onChange={(name) => {
              const chosen = presets.find((preset) => preset.name === name);
              if (!chosen) return;
              setStart(name);
              setUnread({});
              setRequest(chosen.request);
            }}
          />
          <SegmentedControl
            aria-label="Edit as"
            value={mode}
            onChange={setMode}
            data={[
              { value: "form", label: "Form" },
              { value: "yaml", label: "YAML" },
            ]}
          />
        </div>
        {mode === "yaml" ? (
          <StudyYaml request={request} onRequest={setRequest} />
        ) : (
          <>
            <section className={form.section} aria-labelledby="methods-heading">
              <div className={form.sectionHead}>
                <h2 id="methods-heading">Methods</h2>
                <p>Each with its own settings; several values with commas are one setting each.</p>
              </div>
              <div className={classes.methods}>
                {request.methods.map((method, place) => {
                  const kind = kindOf(method.strategy);
                  const title = strategies.find((option) => option.kind === kind)?.title ?? kind;
                  return (
                    // biome-ignore lint/suspicious/noArrayIndexKey: a method has no other name than its place
                    <div className={`panel ${classes.method}`} key={place} role="group" aria-label={title}>
                      <strong>{title}</strong>
                      <span className={classes.settings}>
                        {numbersOf(strategies, kind).map((number) => {
                          const name = number.path.replace(/^strategy\./, "");
                          return (
                            <TextInput
                              key={name}
                              label={number.title}
                              size="xs"
                              placeholder={written(number.initial)}
                              {...field(`${place} ${name}`, method.strategy[name], (value) =>
                                withSetting(request, place, name, value),
                              )}
                            />
                          );
                        })}
                      </span>
                      <Button
                        variant="subtle"
                        color="gray"
                        size="compact-sm"
                        aria-label={`Remove ${title}`}
                        disabled={request.methods.length === 1}
                        onClick={() => {
                          setUnread({});
                          setRequest({
                            ...request,
                            methods: request.methods.filter((_, at) => at !== place),
                          });
                        }}
                      >
                        Remove
                      </Button>
                    </div>
                  );
                })}
                <Select
                  aria-label="Add a method"
                  placeholder="Add a method"
                  w={220}
                  value={null}
                  data={strategies.map(({ kind, title }) => ({ value: kind, label: title }))}
                  onChange={(kind) =>
                    kind && setRequest({ ...request, methods: [...request.methods, { strategy: { kind } }] })
                  }
                />
              </div>
            </section>
            <section className={form.section} aria-labelledby="common-heading">
              <div className={form.sectionHead}>
                <h2 id="common-heading">What all share</h2>
                <p>All other settings stand in the YAML.</p>
              </div>
              <div className={classes.common}>
                <MultiSelect
                  label="Benchmarks"
                  data={data("benchmark")}
                  value={benchmarksOf(request)}
                  onChange={(kinds) => kinds.length && setRequest(withBenchmarks(request, kinds))}
                />
                <Select
                  label="Data set"
                  data={data("dataset")}
                  searchable
                  allowDeselect={false}
                  value={kindOf(request.spec?.dataset) || "digits"}
                  onChange={(kind) =>
                    kind && setRequest({ ...request, spec: { ...request.spec, dataset: { kind } } })
                  }
                />
                {COMMON.map(([path, label]) => (
                  <TextInput
                    key={path}
                    label={label}
                    {...field(path, commonValue(request, path), (value) => withCommon(request, path, value))}
                  />
                ))}
                <TextInput
                  label="Seeds"
                  {...field("seeds", request.seeds, (value) => ({
                    ...request,
                    seeds: value === undefined ? [] : ([value].flat() as number[]),
                  }))}
                />
                <TextInput
                  label="Name"
                  maxLength={150}
                  value={request.name ?? ""}
                  onChange={(event) => setRequest({ ...request, name: event.currentTarget.value })}
                />
              </div>
            </section>
          </>
        )}
      </div>
      <Outlook request={request} onRequest={setRequest} unread={Object.keys(unread).length > 0} />
    </div>
  );
}

const COMMON = [
  ["training.epochs", "Epochs per task"],
  ["training.lr", "Learning rate"],
  ["training.batch_size", "Batch size"],
] as const;

interface YamlProps {
  request: StudyRequest;
  onRequest: (request: StudyRequest) => void;
}

function StudyYaml({ request, onRequest }: YamlProps) {
  const [text, setText] = useState(() => stringify(request, { flowCollectionPadding: false }));
  const [problem, setProblem] = useState<string | null>(null);
  return (
    <Textarea
      aria-label="Study as YAML"
      className={form.yaml}
      autosize
      minRows={24}
      spellCheck={false}
      value={text}
      error={problem}
      onChange={(event) => {
        const typed = event.currentTarget.value;
        setText(typed);
        try {
          const value: unknown = parse(typed);
          if (typeof value !== "object" || value === null || !("methods" in value))
            throw new Error("A study is a mapping with `methods`.");
          setProblem(null);
          onRequest(value as StudyRequest);
        } catch (failure) {
          setProblem(
            `This is no study yet. ${failure instanceof Error ? failure.message.split("\n")[0] : ""}`,
          );
        }
      }}
    />
  );
}

interface OutlookProps extends YamlProps {
  unread: boolean;
}

function Outlook({ request, onRequest, unread }: OutlookProps) {
  const navigate = useNavigate();
  const client = useQueryClient();
  const mayChange = useMayChange();
  const key = useRef(newKey());
  const text = useMemo(() => JSON.stringify(request), [request]);
  const settled = useSettled(text);
  const { data, error, isPlaceholderData } = useQuery(studyPreviewQuery(settled));
  const sending = useMutation({
    mutationFn: () => submitStudy(request, key.current),
    onSuccess: (study) => {
      refreshLists(client);
      client.setQueryData(["studies", study.id], study);
      void navigate({ to: "/studies/$id", params: { id: study.id } });
    },
    onError: (failure) => {
      key.current = failure instanceof ApiError ? newKey() : key.current;
    },
  });
  const stale = settled !== text || isPlaceholderData;
  const problems = error instanceof ApiError ? error.problems : [];
  return (
    <aside className={`panel ${form.summary}`} aria-label="Summary" aria-busy={stale}>
      {data && !error && (
        <>
          <p className={form.story} data-testid="study-sentence">
            {data.sentence}
          </p>
          <Matrix rows={data.rows} timed />
        </>
      )}
      {error && problems.length === 0 && <p className={form.error}>{messageOf(error)}</p>}
      {problems.map(({ field, message }) => (
        <p className={form.error} role="alert" key={field + message}>
          {field}: {message}
        </p>
      ))}
      {data &&
        !error &&
        [...data.refusals, ...data.warnings].map((each) => (
          <p className={form.warning} role="status" key={each}>
            {each}
          </p>
        ))}
      {(data?.reused || request.reuse === false) && (
        <Switch
          label="Train again what is there already"
          checked={request.reuse === false}
          onChange={(event) => onRequest({ ...request, reuse: !event.currentTarget.checked })}
        />
      )}
      {sending.error && (
        <p className={form.error} role="alert">
          Nothing was queued. {messageOf(sending.error)}
        </p>
      )}
      {mayChange ? (
        <Button
          fullWidth
          loading={sending.isPending || sending.isSuccess}
          disabled={!data || !!error || stale || unread || data.refusals.length > 0}
          onClick={() => sending.mutate()}
        >
          {data?.new ? `Queue ${plural(data.new, "run")}` : "Make the study"}
        </Button>
      ) : (
        <p className={form.note}>You may look at what a study would be, and not start one.</p>
      )}
    </aside>
  );
}

/** What was last typed, once nothing was for a moment. */
function useSettled(text: string): string {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return settled;
}
