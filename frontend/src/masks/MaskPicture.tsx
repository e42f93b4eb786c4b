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
  view: MaskView;
  order: RunSearch["order"];
  zoom: Zoom;
}

/** The array itself, or its difference to an earlier task's. */
export function MaskPicture({ run, view, order, zoom }: MaskPictureProps) {
  const { layer, kind, step, before, layout, shape, picture } = view;
  const params: FigureParams = {
    layer,
    task: step.task,
    round: step.round,
    size: 256,
    order,
    layout,
    ...zoom.part,
  };
  const shared = {
    runs: [run],
    height: HEIGHT,
    onZoom: zoom.onRange,
    controls: <ZoomButtons part={zoom.part} shape={shape} onZoom={zoom.zoomTo} />,
  };
  if (before === undefined)
    return (
      <Figure
        key={`${picture}/${kind}`}
        name="mask_heatmap"
        title={`${KINDS.find(({ value }) => value === kind)?.label} of ${layer}`}
        params={{ ...params, of: kind }}
        {...shared}
      />
    );
  return (
    <Figure
      key={`${picture}/difference`}
      name="mask_difference"
      title={`What changed in ${layer} from task ${before} to ${stepInWords(step)}`}
      params={{ ...params, before }}
      {...shared}
    />
  );
}
