import { ActionIcon } from "@mantine/core";
import { IconArrowsMaximize, IconMinus, IconPlus } from "@tabler/icons-react";
import classes from "./MasksTab.module.css";
import { type Part, zoomed } from "./window";

interface ZoomButtonsProps {
  part: Part | null;
  shape: [number, number];
  onZoom: (part: Part | null) => void;
}

/** What dragging over the picture does, for the keyboard and for fingers. */
export function ZoomButtons({ part, shape, onZoom }: ZoomButtonsProps) {
  return (
    <>
      <span className={classes.window} data-testid="mask-window">
        {part ? `rows ${inWords(part.rows)}, columns ${inWords(part.cols)}` : "drag to zoom, click to pick"}
      </span>
      <ActionIcon aria-label="Zoom in" size={24} onClick={() => onZoom(zoomed(part, shape, 0.5))}>
        <IconPlus size={15} />
      </ActionIcon>
      <ActionIcon
        aria-label="Zoom out"
        size={24}
        disabled={!part}
        onClick={() => onZoom(zoomed(part, shape, 2))}
      >
        <IconMinus size={15} />
      </ActionIcon>
      <ActionIcon aria-label="Show the whole layer" size={24} disabled={!part} onClick={() => onZoom(null)}>
        <IconArrowsMaximize size={15} />
      </ActionIcon>
    </>
  );
}

function inWords(side: string): string {
  if (side === ":") return "all";
  const [from, to] = side.split(":").map(Number);
  return `${from}–${(to ?? 1) - 1}`;
}
