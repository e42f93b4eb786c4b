import { SegmentedControl, Select, Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { messageOf } from "../api/client";
import { type FigureParams, maskIndexQuery } from "../api/queries";
import type { ArrayKind, MaskIndex, Run } from "../api/types";
import { Figure } from "../plot/Figure";
import type { ZoomRange } from "../plot/Plot";
import { oneOf, ROW_ORDERS, type RunSearch } from "../search";
import { Message } from "../shell/Message";
import { useKeys } from "../shell/useKeys";
import { LayerPicker } from "./LayerPicker";
import classes from "./MasksTab.module.css";
import { layersIn, type Step, stepAt, stepInWords, stepsOf, taskBeside } from "./steps";
import { TimeSlider } from "./TimeSlider";
import { UnitImages } from "./UnitImages";
import { type Part, pictureShape, windowOf, zoomed } from "./window";
import { ZoomButtons } from "./ZoomButtons";

const KINDS: { value: ArrayKind; label: string }[] = [
  { value: "mask", label: "Mask" },
  { value: "owner", label: "Owner" },
  { value: "importance", label: "Importance" },
  { value: "weight", label: "Weight" },
];

const ORDERS = [
  { value: "index", label: "as numbered" },
  { value: "density", label: "densest first" },
  { value: "cluster", label: "clustered" },
];

const PLAY_EVERY = 900;
const HEIGHT = "clamp(340px, calc(100vh - 404px), 900px)";

/** Which parameters are held, by whom, and since when: layer by layer, task by task, down to one weight. */
export function MasksTab({ run }: { run: Run }) {
  const query = useQuery(maskIndexQuery(run.id));
  if (query.error)
    return (
      <Message title="The masks could not be listed" tone="danger">
        {messageOf(query.error)}
      </Message>
    );
  if (!query.data) return <Skeleton height={560} radius={6} role="status" aria-label="Masks are loading" />;
  if (query.data.items.length === 0) return <Message title="No masks">{query.data.sentence}</Message>;
  return <Explorer run={run} index={query.data} />;
}

function Explorer({ run, index }: { run: Run; index: MaskIndex }) {
  const search = useSearch({ from: "/runs/$id" });
  const navigate = useNavigate({ from: "/runs/$id" });
  const set = (part: Partial<RunSearch>) =>
    void navigate({ search: (before) => ({ ...before, ...part }), replace: true });

  const layers = layersIn(index.items);
  const layer = layers.find((one) => one.layer === search.layer) ?? layers[0];
  const name = layer?.layer ?? "";
  const ofLayer = index.items.filter((item) => item.layer === name);
  const kinds = KINDS.map(({ value }) => value).filter((kind) =>
    ofLayer.some((item) => item.kinds.includes(kind)),
  );
  const masked = kinds.includes("mask");
  const of = search.of && kinds.includes(search.of) ? search.of : (kinds[0] ?? "mask");
  // Owners and weights are there at the tasks' ends alone, so the slider moves over these.
  const steps = stepsOf(ofLayer, name, of);
  const at = stepAt(steps, search.task, search.round);
  const step = steps[at] as Step;
  const measured = stepsOf(ofLayer, name, "importance");
  const measuredTask = measured[stepAt(measured, step.task, step.round)]?.task;
  const earlier = masked
    ? [...new Set(steps.map(({ task }) => task))].filter((task) => task < step.task)
    : [];
  const before = search.before !== undefined && earlier.includes(search.before) ? search.before : undefined;

  const convolution = layer?.shape.length === 4;
  const layout = convolution && search.layout !== "flat" ? "filters" : undefined;
  const shape = pictureShape(layer?.shape ?? [], layout);
  // A window belongs to one picture: another layer, order or layout begins with the whole.
  const picture = `${name}/${search.order}/${layout}`;
  const [view, setView] = useState<{ picture: string; part: Part | null }>({ picture, part: null });
  const part = view.picture === picture ? view.part : null;
  const zoomTo = (next: Part | null) => setView({ picture, part: next });
  const onZoom = (range: ZoomRange | null) => {
    // Dragging leaves the focus where it was; from here on the keys are the picture's.
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
    zoomTo(range && windowOf(range, shape));
  };

  const go = (next: number) => {
    const target = steps[Math.max(0, Math.min(steps.length - 1, next))];
    if (target) set({ task: target.task, round: target.round });
  };
  const [playing, setPlaying] = useState(false);
  useEffect(() => {
    if (!playing) return;
    const timer = setTimeout(() => {
      if (at >= steps.length - 1) setPlaying(false);
      else go(at + 1);
    }, PLAY_EVERY);
    return () => clearTimeout(timer);
  });
  const play = () => {
    if (!playing && at >= steps.length - 1) go(0);
    setPlaying(!playing);
  };
  const stepLayer = (by: number) => {
    const next = layers[layers.findIndex((one) => one.layer === name) + by];
    if (next) set({ layer: next.layer });
  };
  useKeys({
    ArrowLeft: () => go(taskBeside(steps, at, -1) ?? at),
    ArrowRight: () => go(taskBeside(steps, at, 1) ?? at),
    ArrowUp: () => stepLayer(-1),
    ArrowDown: () => stepLayer(1),
    ",": () => go(at - 1),
    ".": () => go(at + 1),
    " ": play,
    "+": () => zoomTo(zoomed(part, shape, 0.5)),
    "-": () => zoomTo(zoomed(part, shape, 2)),
    "0": () => zoomTo(null),
  });

  const where: FigureParams = {
    layer: name,
    task: step.task,
    round: step.round,
    size: 256,
    order: search.order,
    layout,
    ...part,
  };
  const zoom = <ZoomButtons part={part} shape={shape} onZoom={zoomTo} />;
  const title = KINDS.find(({ value }) => value === of)?.label;
  return (
    <div className={classes.tab}>
      {!masked && <p className={classes.note}>{index.sentence}</p>}
      <div className={`panel ${classes.controls}`} role="group" aria-label="What is shown">
        <LayerPicker
          items={index.items}
          layers={layers}
          value={name}
          step={step}
          onChange={(next) => set({ layer: next })}
        />
        <div className={classes.kinds}>
          <div className={classes.label}>Show</div>
          <SegmentedControl
            aria-label="Show"
            value={before === undefined ? of : "difference"}
            onChange={(next) =>
              next === "difference"
                ? set({ before: earlier.at(-1), of: undefined })
                : set({ of: next === "mask" ? undefined : (next as ArrayKind), before: undefined })
            }
            data={[
              ...KINDS.map((kind) => ({ ...kind, disabled: !kinds.includes(kind.value) })),
              { value: "difference", label: "Difference", disabled: earlier.length === 0 },
            ]}
          />
        </div>
        {before !== undefined && (
          <Select
            label="Against"
            w={92}
            allowDeselect={false}
            value={String(before)}
            onChange={(next) => next && set({ before: Number(next) })}
            data={earlier.map((task) => ({ value: String(task), label: `task ${task}` }))}
          />
        )}
        <Select
          label="Rows"
          w={132}
          allowDeselect={false}
          value={search.order ?? "index"}
          onChange={(next) => set({ order: oneOf(next, ROW_ORDERS) })}
          data={ORDERS}
        />
        {convolution && (
          <Select
            label="Kernels"
            w={110}
            allowDeselect={false}
            value={layout ?? "flat"}
            onChange={(next) => set({ layout: oneOf(next, ["flat"] as const) })}
            data={[
              { value: "filters", label: "as images" },
              { value: "flat", label: "in a row" },
            ]}
          />
        )}
        <TimeSlider
          steps={steps}
          at={at}
          newest={search.task === undefined}
          playing={playing}
          onGo={go}
          onPlay={play}
          onNewest={() => set({ task: undefined, round: undefined })}
        />
      </div>
      {before === undefined ? (
        <Figure
          key={`${picture}/${of}`}
          name="mask_heatmap"
          title={`${title} of ${name}`}
          runs={[run.id]}
          params={{ ...where, of }}
          height={HEIGHT}
          onZoom={onZoom}
          controls={zoom}
        />
      ) : (
        <Figure
          key={`${picture}/difference`}
          name="mask_difference"
          title={`What changed in ${name} from task ${before} to ${stepInWords(step)}`}
          runs={[run.id]}
          params={{ ...where, before }}
          height={HEIGHT}
          onZoom={onZoom}
          controls={zoom}
        />
      )}
      <UnitImages
        run={run}
        layer={run.plan.layers.find((one) => one.name === name)}
        task={step.task}
        round={step.round}
        of={of}
      />
      {masked && (
        <Figure
          name="owner_flow"
          title={`What each task left free in ${name}, and who took it`}
          runs={[run.id]}
          params={{ layer: name }}
          height="340px"
        />
      )}
      <div className={classes.pair}>
        <Figure
          name="importance_distribution"
          title={`Importance in ${name}, before and after pruning`}
          runs={[run.id]}
          params={{ layer: name, task: measuredTask }}
          height="300px"
        />
        {masked && (
          <Figure
            name="overlap"
            title={`Overlap of the tasks' masks in ${name}`}
            runs={[run.id]}
            params={{ layer: name }}
            height="300px"
          />
        )}
      </div>
    </div>
  );
}
