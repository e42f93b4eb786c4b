import { CloseButton, useComputedColorScheme } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { figureQuery } from "../api/queries";
import type { RunSearch } from "../search";
import classes from "./MasksTab.module.css";
import { stepInWords } from "./steps";
import type { MaskView } from "./view";

interface CellReadingProps {
  run: string;
  view: MaskView;
  order: RunSearch["order"];
  onClose: () => void;
}

/** All that is stored of the weight that is picked. */
export function CellReading({ run, view, order, onClose }: CellReadingProps) {
  const { layer, kind, step, layout, cell } = view;
  const [row, col] = cell ?? [0, 0];
  const scheme = useComputedColorScheme("light");
  const params = {
    layer,
    task: step.task,
    round: step.round,
    of: kind,
    order,
    layout,
    rows: `${row}:${row + 1}`,
    cols: `${col}:${col + 1}`,
  };
  const { data } = useQuery(figureQuery("mask_heatmap", [run], params, scheme));
  const said = (data?.data[0]?.text as string[][] | undefined)?.[0]?.[0];
  return (
    <p className={`panel ${classes.picked}`} data-testid="picked-weight" role="status">
      <span>
        <b>{stepInWords(step)}</b> {said ? said.split("<br>").join(" · ") : "…"}
      </span>
      <CloseButton size="sm" aria-label="Let the weight go" onClick={onClose} />
    </p>
  );
}
