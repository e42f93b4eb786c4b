import { Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { messageOf } from "../api/client";
import { maskIndexQuery } from "../api/queries";
import type { MaskIndex, Run } from "../api/types";
import { PlacedFigures } from "../plot/PlacedFigures";
import type { Placed } from "../plot/placed";
import type { RunSearch } from "../search";
import { Message } from "../shell/Message";
import { useKeys } from "../shell/useKeys";
import { MaskControls } from "./MaskControls";
import { MaskPicture } from "./MaskPicture";
import classes from "./MasksTab.module.css";
import { taskBeside } from "./steps";
import { TimeSlider } from "./TimeSlider";
import { UnitImages } from "./UnitImages";
import { usePlaying } from "./usePlaying";
import { useZoom, type Zoom } from "./useZoom";
import { type MaskView, taskWith, viewOf } from "./view";

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
  const view = viewOf(index, search);
  const { steps, at, step, layer, kind } = view;
  const zoom = useZoom(view.picture, view.shape);
  const go = (next: number) => {
    const target = steps[Math.max(0, Math.min(steps.length - 1, next))];
    if (target) set({ task: target.task, round: target.round });
  };
  const [playing, play] = usePlaying(steps.length, at, go);
  useMaskKeys(view, zoom, go, play, (next) => set({ layer: next }));
  return (
    <div className={classes.tab}>
      {!view.kinds.includes("mask") && <p className={classes.note}>{index.sentence}</p>}
      <MaskControls items={index.items} view={view} order={search.order} onChange={set}>
        <TimeSlider
          steps={steps}
          at={at}
          newest={search.task === undefined}
          playing={playing}
          onGo={go}
          onPlay={play}
          onNewest={() => set({ task: undefined, round: undefined })}
        />
      </MaskControls>
      <MaskPicture run={run.id} view={view} order={search.order} zoom={zoom} />
      <UnitImages
        run={run}
        layer={run.plan.layers.find(({ name }) => name === layer)}
        task={step.task}
        round={step.round}
        kind={kind}
      />
      <LayerFigures run={run} index={index} view={view} />
    </div>
  );
}

/** The figures of the layer, each at the task for which its own kind of array is stored. */
function LayerFigures({ run, index, view }: { run: Run; index: MaskIndex; view: MaskView }) {
  const { layer, kind, kinds, step } = view;
  return (
    <PlacedFigures
      tab="masks"
      runs={[run.id]}
      run={run}
      given={({ figure }) => ({ layer, task: taskWith(index, layer, figure.array ?? kind, step) })}
      shown={({ place }: Placed) => place.only_with === null || kinds.includes(place.only_with)}
    />
  );
}

/** Arrows step through tasks and layers, the rest moves in time and in the picture. */
function useMaskKeys(
  { layers, layer, steps, at }: MaskView,
  zoom: Zoom,
  go: (at: number) => void,
  play: () => void,
  onLayer: (layer: string) => void,
): void {
  const stepLayer = (by: number) => {
    const next = layers[layers.findIndex((other) => other.layer === layer) + by];
    if (next) onLayer(next.layer);
  };
  useKeys({
    ArrowLeft: () => go(taskBeside(steps, at, -1) ?? at),
    ArrowRight: () => go(taskBeside(steps, at, 1) ?? at),
    ArrowUp: () => stepLayer(-1),
    ArrowDown: () => stepLayer(1),
    ",": () => go(at - 1),
    ".": () => go(at + 1),
    " ": play,
    "+": () => zoom.zoomBy(0.5),
    "-": () => zoom.zoomBy(2),
    "0": () => zoom.zoomTo(null),
  });
}
