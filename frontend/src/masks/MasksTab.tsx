import { Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { messageOf } from "../api/client";
import { maskIndexQuery } from "../api/queries";
import type { MaskIndex, Run } from "../api/types";
import { PlacedFigures } from "../plot/PlacedFigures";
import type { Placed } from "../plot/placed";
import type { RunSearch } from "../search";
import { Message } from "../shell/Message";
import { useKeys } from "../shell/useKeys";
import { Beside } from "./Beside";
import { BesidePicker } from "./BesidePicker";
import { CellReading } from "./CellReading";
import { MaskControls } from "./MaskControls";
import { MaskPicture } from "./MaskPicture";
import classes from "./MasksTab.module.css";
import { taskBeside } from "./steps";
import { TimeSlider } from "./TimeSlider";
import { UnitImages } from "./UnitImages";
import { useAddress } from "./useAddress";
import { usePlaying } from "./usePlaying";
import { useZoom, type Zoom } from "./useZoom";
import { type MaskView, OF_A_PICTURE, taskWith, viewOf } from "./view";
import { middleOf } from "./window";

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
  const [search, set] = useAddress();
  const view = viewOf(index, search);
  const { steps, at, step, layer, kind } = view;
  const zoom = useZoom(view.part, view.shape, set);
  const go = (next: number, played = false) => {
    const target = steps[Math.max(0, Math.min(steps.length - 1, next))];
    if (target) set({ task: target.task, round: target.round }, played);
  };
  const [playing, play] = usePlaying(steps.length, at, (next) => go(next, true));
  const pick = (cell: [number, number] | null) => set({ cell: cell?.join(",") });
  const change = (part: Partial<RunSearch>) =>
    set("layer" in part || "order" in part || "layout" in part ? { ...part, ...OF_A_PICTURE } : part);
  useMaskKeys(view, zoom, go, play, pick, (next) => change({ layer: next }));
  const pruned = kind === "mask" || kind === "owner";
  const follow = pruned ? "the last that was pruned" : "the newest";
  return (
    <div className={classes.tab}>
      {!view.kinds.includes("mask") && <p className={classes.note}>{index.sentence}</p>}
      <MaskControls
        items={index.items}
        view={view}
        order={search.order}
        onChange={change}
        beside={<BesidePicker run={run} value={search.beside} onChange={(beside) => change({ beside })} />}
      >
        <TimeSlider
          steps={steps}
          at={at}
          followed={search.task === undefined ? follow : null}
          follow={follow}
          playing={playing}
          onGo={go}
          onPlay={play}
          onNewest={() => set({ task: undefined, round: undefined })}
        />
      </MaskControls>
      {search.beside ? (
        <Beside run={run} other={search.beside} view={view} order={search.order} zoom={zoom} onPick={pick} />
      ) : (
        <MaskPicture run={run.id} view={view} order={search.order} zoom={zoom} onPick={pick} />
      )}
      {view.cell && <CellReading run={run.id} view={view} order={search.order} onClose={() => pick(null)} />}
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
  { layers, layer, steps, at, cell, part, shape }: MaskView,
  zoom: Zoom,
  go: (at: number) => void,
  play: () => void,
  pick: (cell: [number, number] | null) => void,
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
    "Shift+ArrowLeft": () => zoom.pan(0, -0.5),
    "Shift+ArrowRight": () => zoom.pan(0, 0.5),
    "Shift+ArrowUp": () => zoom.pan(-0.5, 0),
    "Shift+ArrowDown": () => zoom.pan(0.5, 0),
    m: () => pick(cell ? null : middleOf(part, shape)),
  });
}
