import type { FigureParams } from "../api/queries";
import { Figure } from "../plot/Figure";
import type { RunSearch } from "../search";
import { stepInWords } from "./steps";
import type { Zoom } from "./useZoom";
import { KINDS, type MaskView } from "./view";
import { ZoomButtons } from "./ZoomButtons";

const HEIGHT = "clamp(340px, calc(100vh - 404px), 900px)";

interface MaskPictureProps {
  run: string;
  /** Of the run, where two stand side by side. */
  name?: string;
  view: MaskView;
  order: RunSearch["order"];
  zoom: Zoom;
  onPick: (cell: [number, number]) => void;
  height?: string;
}

/** The array itself, one or two tasks' weights, or the difference to an earlier task's. */
export function MaskPicture({ run, name, view, order, zoom, onPick, height = HEIGHT }: MaskPictureProps) {
  const { layer, kind, step, before, has, other, layout, shape, picture, cell, steps, at } = view;
  const whose = name === undefined ? "" : ` · ${name}`;
  // Another run's task may have other rounds: at its end there, where it is at its end here.
  const ended = steps[at + 1]?.task !== step.task;
  const params: FigureParams = {
    layer,
    task: step.task,
    round: name !== undefined && ended ? undefined : step.round,
    size: 256,
    order,
    layout,
    ...zoom.part,
  };
  const shared = {
    runs: [run],
    height,
    onZoom: zoom.onRange,
    onPick: (x: number, y: number) => onPick([Math.round(y), Math.round(x)]),
    mark: cell,
    controls: <ZoomButtons part={zoom.part} shape={shape} onZoom={zoom.zoomTo} />,
  };
  if (has)
    return (
      <Figure
        key={`${picture}/tasks`}
        name="mask_tasks"
        title={`${tasksInWords(step.task, other)} ${has} of ${layer}${whose}`}
        params={{ ...params, round: undefined, has, other }}
        {...shared}
      />
    );
  if (before === undefined)
    return (
      <Figure
        key={`${picture}/${kind}`}
        name="mask_heatmap"
        title={`${KINDS.find(({ value }) => value === kind)?.label} of ${layer}${whose}`}
        params={{ ...params, of: kind }}
        {...shared}
      />
    );
  return (
    <Figure
      key={`${picture}/difference`}
      name="mask_difference"
      title={`What changed in ${layer} from task ${before} to ${stepInWords(step)}${whose}`}
      params={{ ...params, before }}
      {...shared}
    />
  );
}

function tasksInWords(task: number, other: number | undefined): string {
  return other === undefined ? `What task ${task} has` : `What tasks ${task} and ${other} have`;
}
