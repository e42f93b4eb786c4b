import { Button, Popover, RangeSlider } from "@mantine/core";
import { plural } from "../text/numbers";
import classes from "./Brush.module.css";
import { type Brush, withStretch } from "./brush";
import type { FigureAxis } from "./figure";

interface BrushBarProps {
  axes: readonly FigureAxis[];
  brush: Brush;
  chosen: ReadonlySet<string> | null;
  onBrush: (brush: Brush) => void;
  /** Goes on with the chosen lines alone. */
  onKeep?: ((keys: ReadonlySet<string>) => void) | undefined;
}

const WHOLE: [number, number] = [0, 100];

/** What brushing has chosen and what can be done with it; and the same by keys. */
export function BrushBar({ axes, brush, chosen, onBrush, onKeep }: BrushBarProps) {
  return (
    <div className={classes.bar}>
      <Popover width={300} shadow="md" withinPortal trapFocus>
        <Popover.Target>
          <Button variant="default" size="compact-xs">
            Ranges
          </Button>
        </Popover.Target>
        <Popover.Dropdown>
          <div className={classes.ranges}>
            {axes.map((axis, place) => (
              <div key={axis.title}>
                <span className={classes.axis}>{axis.title}</span>
                <RangeSlider
                  size="sm"
                  minRange={2}
                  value={percent(brush[place])}
                  label={(value) => wordAt(axis, value / 100)}
                  thumbFromLabel={`${axis.title} from`}
                  thumbToLabel={`${axis.title} to`}
                  onChange={([from, to]) =>
                    onBrush(
                      from === 0 && to === 100
                        ? withStretch(brush, place, 0, 0)
                        : withStretch(brush, place, from / 100, to / 100),
                    )
                  }
                />
              </div>
            ))}
          </div>
        </Popover.Dropdown>
      </Popover>
      {chosen ? (
        <>
          <span role="status">{plural(chosen.size, "line")} chosen</span>
          {onKeep && chosen.size > 0 && (
            <Button variant="default" size="compact-xs" onClick={() => onKeep(chosen)}>
              Compare only {chosen.size === 1 ? "this" : "these"}
            </Button>
          )}
          <Button variant="subtle" size="compact-xs" onClick={() => onBrush({})}>
            Choose all
          </Button>
        </>
      ) : (
        <span className="quiet">Drag along an axis to choose lines.</span>
      )}
    </div>
  );
}

function percent(stretch: Brush[number] | undefined): [number, number] {
  return stretch ? [Math.round(100 * stretch[0]), Math.round(100 * stretch[1])] : WHOLE;
}

/** What the line nearest to a height has there. */
function wordAt({ heights, words }: FigureAxis, at: number): string {
  let nearest = "";
  let distance = Number.POSITIVE_INFINITY;
  heights.forEach((height, line) => {
    if (typeof height !== "number" || Math.abs(height - at) >= distance) return;
    distance = Math.abs(height - at);
    nearest = words[line] ?? "";
  });
  return nearest;
}
