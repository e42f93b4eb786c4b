import { Button, Modal, MultiSelect, SegmentedControl, Select, type SelectProps } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { fieldsQuery } from "../api/queries";
import type { Comparison, RunField } from "../api/types";
import { Figure } from "../plot/Figure";
import classes from "./ChartDialog.module.css";
import { type Chart, type ChartKind, figureOf, isComplete, paramsOfChart } from "./charts";
import { type Groups, groupsOfFields, INTRANSIGENCE, isNumber } from "./quantities";

const KIND_LABELS: { value: ChartKind; label: string; says: string }[] = [
  { value: "dots", label: "Dots", says: "Means with their error." },
  { value: "bars", label: "Bars", says: "Means with their error, from 0." },
  { value: "boxes", label: "Boxes", says: "Median, quartiles and every run." },
  { value: "curve", label: "Curve", says: "Means over a setting, with a band of their error." },
  { value: "scatter", label: "Scatter", says: "Every run by two quantities." },
  { value: "heatmap", label: "Heatmap", says: "Means over two settings." },
  { value: "parallel", label: "Parallel", says: "A line for each run over several quantities." },
];
const ERRORS = [
  { value: "none", label: "None" },
  { value: "std", label: "Std" },
  { value: "interval", label: "95 %" },
  { value: "range", label: "Range" },
];
const LOGS = [
  { value: "auto", label: "Where it fits" },
  { value: "none", label: "None" },
  { value: "x", label: "x" },
  { value: "y", label: "y" },
  { value: "xy", label: "Both" },
];

interface ChartDialogProps {
  /** What is changed; undefined: a new one. */
  chart: Chart | undefined;
  comparison: Comparison;
  keys: string[];
  given: Record<string, string | boolean | undefined>;
  onDone: (chart: Chart) => void;
  onClose: () => void;
}

/** A chart is composed while it is seen. */
export function ChartDialog({ chart, comparison, keys, given, onDone, onClose }: ChartDialogProps) {
  const fields = useQuery(fieldsQuery);
  const all = useMemo(() => [...(fields.data?.items ?? []), INTRANSIGENCE], [fields.data]);
  const differing = useMemo(
    () => new Set(comparison.settings.map(({ field }) => field)),
    [comparison.settings],
  );
  const every = useMemo(() => groupsOfFields(all, differing), [all, differing]);
  const numbers = useMemo(() => groupsOfFields(all.filter(isNumber), differing), [all, differing]);
  const [wanted, setWanted] = useState<Chart>(chart ?? { kind: "dots", y: "average_accuracy", error: "std" });
  const set = (change: Partial<Chart>) => setWanted((before) => without({ ...before, ...change }));
  const choose = (kind: ChartKind) => {
    const first = firstSetting(all, differing);
    const isPair = kind === "heatmap";
    set({
      kind,
      x: kind === "dots" || kind === "bars" || kind === "boxes" ? wanted.x : (wanted.x ?? first),
      y: isPair ? "seed" : isNumberNamed(all, wanted.y) ? wanted.y : "average_accuracy",
      value: isPair ? (wanted.value ?? "average_accuracy") : undefined,
      group: kind === "curve" ? (wanted.group ?? "strategy") : wanted.group,
      error: wanted.error ?? "std",
    });
  };
  const complete = isComplete(wanted);
  const { kind } = wanted;
  const says = KIND_LABELS.find(({ value }) => value === kind)?.says;
  return (
    <Modal opened onClose={onClose} title={chart ? "Change the chart" : "New chart"} size="min(1120px, 96vw)">
      <div className={classes.dialog}>
        <form
          className={classes.choices}
          onSubmit={(event) => {
            event.preventDefault();
            if (complete) onDone(wanted);
          }}
        >
          <Select
            label="Kind"
            description={says}
            data={KIND_LABELS}
            value={kind}
            allowDeselect={false}
            onChange={(next) => next && choose(next as ChartKind)}
            data-autofocus
          />
          {kind === "parallel" ? (
            <MultiSelect
              label="Axes"
              placeholder={wanted.axes ? undefined : "What differs, and the outcome"}
              data={every}
              searchable
              maxValues={10}
              value={wanted.axes ?? []}
              onChange={(axes) => set({ axes: axes.length ? axes : undefined })}
            />
          ) : (
            <>
              <FieldSelect
                label={kind === "heatmap" ? "Across" : "x"}
                placeholder={complete || wanted.x ? "Each method" : "Choose one"}
                data={every}
                value={wanted.x}
                onField={(x) => set({ x })}
              />
              <FieldSelect
                label={kind === "heatmap" ? "Up" : "y"}
                data={kind === "heatmap" ? every : numbers}
                value={wanted.y ?? "average_accuracy"}
                onField={(y) => set({ y: y ?? "average_accuracy" })}
              />
              {kind === "heatmap" && (
                <FieldSelect
                  label="Value"
                  data={numbers}
                  value={wanted.value ?? "average_accuracy"}
                  onField={(value) => set({ value: value ?? "average_accuracy" })}
                />
              )}
              {kind !== "heatmap" && (
                <FieldSelect
                  label="Colour"
                  data={[
                    {
                      group: "Usual",
                      items: [
                        { value: "method", label: "Method" },
                        { value: "none", label: "All alike" },
                      ],
                    },
                    ...every,
                  ]}
                  value={wanted.group ?? "method"}
                  onField={(group) => set({ group: group === "method" ? undefined : group })}
                />
              )}
              <FieldSelect
                label="A panel for each"
                placeholder="One panel"
                data={every}
                value={wanted.facet}
                onField={(facet) => set({ facet })}
              />
            </>
          )}
          {kind !== "boxes" && kind !== "parallel" && (
            <Choice
              label="Error"
              data={ERRORS}
              value={wanted.error ?? "std"}
              onChange={(error) => set({ error: error as Chart["error"] })}
            />
          )}
          {kind !== "heatmap" && (
            <Select
              label="Logarithmic"
              data={kind === "parallel" ? LOGS.slice(0, 2) : LOGS}
              value={wanted.log ?? "auto"}
              allowDeselect={false}
              onChange={(log) => set({ log: log === "auto" ? undefined : (log as Chart["log"]) })}
            />
          )}
          <Button type="submit" disabled={!complete}>
            {chart ? "Change" : "Add"}
          </Button>
        </form>
        <div className={classes.preview}>
          {complete ? (
            <Figure
              name={figureOf(wanted)}
              title="Preview"
              titled
              runs={keys}
              params={{ ...given, ...paramsOfChart(wanted, 2) }}
              height="360px"
              eager
            />
          ) : (
            <p className={classes.nothing}>Choose a quantity for x.</p>
          )}
        </div>
      </div>
    </Modal>
  );
}

interface FieldSelectProps extends Omit<SelectProps, "data" | "value" | "onChange"> {
  data: Groups;
  value: string | undefined;
  onField: (name: string | undefined) => void;
}

function FieldSelect({ onField, value, ...props }: FieldSelectProps) {
  return (
    <Select
      {...props}
      searchable
      clearable={props.placeholder !== undefined}
      nothingFoundMessage="Nothing is called so"
      value={value ?? null}
      onChange={(name) => onField(name ?? undefined)}
    />
  );
}

interface ChoiceProps {
  label: string;
  data: { value: string; label: string }[];
  value: string;
  onChange: (value: string) => void;
}

function Choice({ label, data, value, onChange }: ChoiceProps) {
  return (
    <div className={classes.row}>
      <span aria-hidden>{label}</span>
      <SegmentedControl aria-label={label} data={data} value={value} onChange={onChange} />
    </div>
  );
}

/** Without what says nothing. */
function without(chart: Chart): Chart {
  return Object.fromEntries(Object.entries(chart).filter(([, value]) => value !== undefined)) as Chart;
}

function isNumberNamed(fields: readonly RunField[], name: string | undefined): boolean {
  const field = fields.find((each) => each.name === name);
  return field !== undefined && isNumber(field);
}

/** The first number in whose value the compared differ, else λ. */
function firstSetting(fields: readonly RunField[], differing: ReadonlySet<string>): string {
  const found = fields.find((field) => differing.has(field.name) && isNumber(field) && field.name !== "seed");
  return found?.name ?? "strategy.lam";
}
