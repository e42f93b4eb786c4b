import { ActionIcon, SegmentedControl, Select, Skeleton, Slider } from "@mantine/core";
import { IconPlayerPauseFilled, IconPlayerPlayFilled, IconPlayerSkipForward } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { messageOf } from "../api/client";
import { type FigureParams, maskIndexQuery } from "../api/queries";
import type { ArrayKind, MaskIndex, Run } from "../api/types";
import { Figure } from "../plot/Figure";
import type { ZoomRange } from "../plot/Plot";
import type { RunSearch } from "../search";
import { Message } from "../shell/Message";
import { useKeys } from "../shell/useKeys";
import { count } from "../text/numbers";
import classes from "./MasksTab.module.css";
import { layersIn, type Step, stepAt, stepInWords, stepsOf } from "./steps";
import { UnitImages } from "./UnitImages";
import { windowOf } from "./window";

const KINDS: { value: ArrayKind; label: string }[] = [
  { value: "mask", label: "Mask" },
  { value: "owner", label: "Owner" },
  { value: "importance", label: "Importance" },
  { value: "weight", label: "Weight" },
];

const PLAY_EVERY = 900;

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
  const steps = stepsOf(index.items, name);
  const at = stepAt(steps, search.task, search.round);
  const step = steps[at] as Step;
  const entry = index.items.find(
    (item) => item.layer === name && item.task === step.task && item.round === step.round,
  );
  const kinds = entry?.kinds ?? [];
  const of = search.of && kinds.includes(search.of) ? search.of : "mask";
  const earlier = [...new Set(steps.map(({ task }) => task))].filter((task) => task < step.task);
  const before = search.before !== undefined && earlier.includes(search.before) ? search.before : undefined;

  const [zoom, setZoom] = useState<{ rows: string; cols: string } | null>(null);
  // A window is one layer's: another layer begins with the whole. A new key also draws it afresh, without the old zoom.
  const [zoomed, setZoomed] = useState(name);
  if (zoomed !== name) {
    setZoomed(name);
    setZoom(null);
  }
  const onZoom = (range: ZoomRange | null) => setZoom(range && layer ? windowOf(range, layer.shape) : null);

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
    ArrowLeft: () => go(at - 1),
    ArrowRight: () => go(at + 1),
    ArrowUp: () => stepLayer(-1),
    ArrowDown: () => stepLayer(1),
    " ": play,
  });

  const where: FigureParams = { layer: name, task: step.task, round: step.round, size: 256, ...zoom };
  const newest = search.task === undefined;
  return (
    <div className={classes.tab}>
      <div className={`panel ${classes.controls}`} role="group" aria-label="What is shown">
        <Select
          label="Layer"
          className={classes.layer}
          value={name}
          allowDeselect={false}
          onChange={(next) => next && set({ layer: next })}
          data={layers.map(({ layer: value, shape }) => ({
            value,
            label: `${value}  ${shape.map(count).join(" × ")}`,
          }))}
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
            w={110}
            allowDeselect={false}
            value={String(before)}
            onChange={(next) => next && set({ before: Number(next) })}
            data={earlier.map((task) => ({ value: String(task), label: `task ${task}` }))}
          />
        )}
        <div className={classes.time}>
          <div className={classes.label}>
            <span data-testid="mask-step">{stepInWords(step)}</span>
            <span className="quiet">
              {" "}
              {at + 1} of {steps.length}
            </span>
          </div>
          <div className={classes.slider}>
            <ActionIcon
              aria-label={playing ? "Pause" : "Play over tasks and rounds"}
              variant="default"
              onClick={play}
            >
              {playing ? <IconPlayerPauseFilled size={14} /> : <IconPlayerPlayFilled size={14} />}
            </ActionIcon>
            <Slider
              aria-label="Task and round"
              thumbLabel="Task and round"
              className={classes.track}
              size={4}
              min={0}
              max={Math.max(1, steps.length - 1)}
              value={at}
              disabled={steps.length < 2}
              onChange={go}
              label={(value) => stepInWords(steps[value] ?? step)}
              marks={steps.flatMap((one, i) =>
                i === 0 || one.task !== steps[i - 1]?.task ? [{ value: i }] : [],
              )}
            />
            <ActionIcon
              aria-label="Follow the newest"
              variant={newest ? "filled" : "default"}
              color="var(--accent-fill)"
              onClick={() => set({ task: undefined, round: undefined })}
            >
              <IconPlayerSkipForward size={14} />
            </ActionIcon>
          </div>
        </div>
      </div>
      {before === undefined ? (
        <Figure
          key={`${name}/${of}`}
          name="mask_heatmap"
          title={`${KINDS.find(({ value }) => value === of)?.label} of ${name}`}
          runs={[run.id]}
          params={{ ...where, of }}
          height="clamp(340px, calc(100vh - 418px), 900px)"
          onZoom={onZoom}
        />
      ) : (
        <Figure
          key={`${name}/difference`}
          name="mask_difference"
          title={`What changed in ${name} from task ${before} to ${stepInWords(step)}`}
          runs={[run.id]}
          params={{ ...where, before }}
          height="clamp(340px, calc(100vh - 418px), 900px)"
          onZoom={onZoom}
        />
      )}
      <div className={classes.pair}>
        <Figure
          name="importance_distribution"
          title={`Importance in ${name}`}
          runs={[run.id]}
          params={{ layer: name, task: step.task }}
          height="300px"
        />
        <Figure
          name="overlap"
          title={`Overlap of the tasks' masks in ${name}`}
          runs={[run.id]}
          params={{ layer: name }}
          height="300px"
        />
      </div>
      <UnitImages
        run={run}
        layer={run.plan.layers.find((one) => one.name === name)}
        task={step.task}
        round={step.round}
        of={of === "importance" || of === "weight" ? of : "mask"}
      />
    </div>
  );
}
