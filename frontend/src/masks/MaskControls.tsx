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

const LAYOUTS = [
  { value: "filters", label: "as images" },
  { value: "flat", label: "in a row" },
];

interface MaskControlsProps {
  items: MaskIndex["items"];
  view: MaskView;
  order: RunSearch["order"];
  onChange: (part: Partial<RunSearch>) => void;
  /** The slider over time. */
  children: ReactNode;
}

/** What is shown of which layer, and how. */
export function MaskControls({ items, view, order, onChange, children }: MaskControlsProps) {
  const { layers, layer, step, before, earlier, convolution, layout } = view;
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
          w={92}
          allowDeselect={false}
          value={String(before)}
          onChange={(next) => next && onChange({ before: Number(next) })}
          data={earlier.map((task) => ({ value: String(task), label: `task ${task}` }))}
        />
      )}
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
      {children}
    </div>
  );
}

type KindPickerProps = Pick<MaskControlsProps, "view" | "onChange">;

/** A kind of array, or what changed between two masks. */
function KindPicker({ view: { kind, kinds, before, earlier }, onChange }: KindPickerProps) {
  return (
    <div className={classes.kinds}>
      <div className={classes.label}>Show</div>
      <SegmentedControl
        aria-label="Show"
        value={before === undefined ? kind : "difference"}
        onChange={(next) =>
          next === "difference"
            ? onChange({ before: earlier.at(-1), of: undefined })
            : onChange({ of: next === "mask" ? undefined : (next as ArrayKind), before: undefined })
        }
        data={[
          ...KINDS.map((option) => ({ ...option, disabled: !kinds.includes(option.value) })),
          { value: "difference", label: "Difference", disabled: earlier.length === 0 },
        ]}
      />
    </div>
  );
}
