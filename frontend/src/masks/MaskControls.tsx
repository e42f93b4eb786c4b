import { SegmentedControl, Select } from "@mantine/core";
import type { ReactNode } from "react";
import { parse } from "valibot";
import type { ArrayKind, MaskIndex } from "../api/types";
import { kernelLayout, type RunSearch, rowOrder } from "../search";
import { LayerPicker } from "./LayerPicker";
import classes from "./MasksTab.module.css";
import { KINDS, type MaskView } from "./view";

const ORDERS = [
  { value: "index", label: "as numbered" },
  { value: "density", label: "densest first" },
  { value: "cluster", label: "clustered" },
];

const HAS = [
  { value: "claimed", label: "claimed" },
  { value: "kept", label: "kept" },
];

const LAYOUTS = [
  { value: "filters", label: "as images" },
  { value: "flat", label: "in a row" },
];

interface MaskControlsProps {
  items: MaskIndex["items"];
  view: MaskView;
  order: RunSearch["order"];
  onChange: (part: Partial<RunSearch>) => void;
  /** Chooses another run. */
  beside: ReactNode;
  /** The slider over time. */
  children: ReactNode;
}

/** What is shown of which layer, and how. */
export function MaskControls({ items, view, order, onChange, beside, children }: MaskControlsProps) {
  const { layers, layer, step, before, earlier, has, convolution, layout } = view;
  return (
    <div className={`panel ${classes.controls}`} role="group" aria-label="What is shown">
      <LayerPicker
        items={items}
        layers={layers}
        value={layer}
        step={step}
        onChange={(next) => onChange({ layer: next })}
      />
      <KindPicker view={view} onChange={onChange} />
      {before !== undefined && (
        <Select
          label="Against"
          w={104}
          allowDeselect={false}
          searchable={earlier.length > MANY}
          value={String(before)}
          onChange={(next) => next && onChange({ before: Number(next) })}
          data={earlier.map(optionOf)}
        />
      )}
      {has && <TasksPicker view={view} onChange={onChange} />}
      <Select
        label="Rows"
        w={132}
        allowDeselect={false}
        value={order ?? "index"}
        onChange={(next) => onChange({ order: parse(rowOrder, next) })}
        data={ORDERS}
      />
      {convolution && (
        <Select
          label="Kernels"
          w={110}
          allowDeselect={false}
          value={layout ?? "flat"}
          onChange={(next) => onChange({ layout: parse(kernelLayout, next) })}
          data={LAYOUTS}
        />
      )}
      {beside}
      {children}
    </div>
  );
}

/** More tasks than these are found by typing. */
const MANY = 12;

function optionOf(task: number): { value: string; label: string } {
  return { value: String(task), label: `task ${task}` };
}

/** The task beside the one that the slider is at, and what it takes to have a weight. */
function TasksPicker({ view: { step, ends, has, other }, onChange }: KindPickerProps) {
  const others = ends.filter((task) => task !== step.task);
  return (
    <>
      <Select
        label={`Task ${step.task} beside`}
        w={132}
        placeholder="alone"
        clearable
        searchable={others.length > MANY}
        value={other === undefined ? null : String(other)}
        onChange={(next) => onChange({ other: next === null ? undefined : Number(next) })}
        data={others.map(optionOf)}
      />
      <div>
        <div className={classes.label}>A task has what it</div>
        <SegmentedControl
          aria-label="A task has what it"
          value={has ?? "claimed"}
          onChange={(next) => onChange({ has: next as "claimed" | "kept" })}
          data={HAS}
        />
      </div>
    </>
  );
}

type KindPickerProps = Pick<MaskControlsProps, "view" | "onChange">;

const ARRAY = { of: undefined, before: undefined, has: undefined, other: undefined };

/** A kind of array, single tasks' weights, or what changed between two masks. */
function KindPicker({ view: { kind, kinds, before, earlier, has, ends }, onChange }: KindPickerProps) {
  return (
    <div className={classes.kinds}>
      <div className={classes.label}>Show</div>
      <SegmentedControl
        aria-label="Show"
        value={has ? "tasks" : before === undefined ? kind : "difference"}
        onChange={(next) => {
          if (next === "difference") onChange({ ...ARRAY, before: earlier.at(-1) });
          else if (next === "tasks") onChange({ ...ARRAY, has: "claimed" });
          else onChange({ ...ARRAY, of: next === "mask" ? undefined : (next as ArrayKind) });
        }}
        data={[
          ...KINDS.map((option) => ({ ...option, disabled: !kinds.includes(option.value) })),
          { value: "tasks", label: "Tasks", disabled: ends.length === 0 },
          { value: "difference", label: "Difference", disabled: earlier.length === 0 },
        ]}
      />
    </div>
  );
}
