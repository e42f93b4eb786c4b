import { Button, Menu } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import {
  IconArrowDown,
  IconArrowsHorizontal,
  IconArrowUp,
  IconPencil,
  IconPlus,
  IconTrash,
} from "@tabler/icons-react";
import { lazy, Suspense, useState } from "react";
import type { FigureParams } from "../api/queries";
import type { Comparison } from "../api/types";
import { Figure } from "../plot/Figure";
import { sayWithUndo } from "../shell/toast";
import classes from "./Charts.module.css";
import { ChartViews, type Kept } from "./ChartViews";
import { type Chart, chartText, figureOf, MOST_CHARTS, moved, paramsOfChart } from "./charts";

const ChartDialog = lazy(() => import("./ChartDialog").then(({ ChartDialog }) => ({ default: ChartDialog })));

interface ChartsProps {
  charts: readonly Chart[];
  comparison: Comparison;
  keys: string[];
  /** What the page fills: colours, the baseline. */
  given: FigureParams;
  onChange: (charts: Chart[]) => void;
  /** What a saved view keeps besides: the colours of methods. */
  colors: string | undefined;
  onOpen: (kept: Kept) => void;
}

type Editing = { place: number | null } | null;

/** The reader's own charts: added, changed, ordered, removed. */
export function Charts({ charts, comparison, keys, given, onChange, colors, onOpen }: ChartsProps) {
  const [editing, setEditing] = useState<Editing>(null);
  const narrow = useMediaQuery("(max-width: 700px)", false) ?? false;
  const edited = editing?.place === null || editing === null ? undefined : charts[editing.place];
  const replaced = (place: number, chart: Chart) =>
    charts.map((other, index) => (index === place ? chart : other));
  const remove = (place: number) => {
    onChange(charts.filter((_, index) => index !== place));
    sayWithUndo("The chart was removed.", async () => onChange([...charts]));
  };
  return (
    <section className={classes.charts} aria-labelledby="own-charts">
      <header className={classes.head}>
        <h2 id="own-charts">Charts</h2>
        <ChartViews kept={{ charts, colors: colors ?? "" }} onOpen={onOpen} />
        <Button
          variant="default"
          leftSection={<IconPlus size={14} />}
          disabled={charts.length >= MOST_CHARTS}
          title={charts.length >= MOST_CHARTS ? `${MOST_CHARTS} at most` : undefined}
          onClick={() => setEditing({ place: null })}
        >
          Add a chart
        </Button>
      </header>
      <div className={classes.grid}>
        {charts.map((chart, place) => (
          <div
            // biome-ignore lint/suspicious/noArrayIndexKey: two charts may be alike, and none has state of its own
            key={`${place} ${chartText(chart)}`}
            className={chart.wide ? classes.wide : undefined}
            data-testid="own-chart"
          >
            <Figure
              name={figureOf(chart)}
              title="Chart"
              titled
              runs={keys}
              params={{ ...given, ...paramsOfChart(chart, narrow ? 1 : chart.wide ? 3 : 2) }}
              height="340px"
              more={
                <>
                  <Menu.Divider />
                  <Menu.Item leftSection={<IconPencil size={15} />} onClick={() => setEditing({ place })}>
                    Change
                  </Menu.Item>
                  <Menu.Item
                    leftSection={<IconArrowUp size={15} />}
                    disabled={place === 0}
                    onClick={() => onChange(moved(charts, place, -1))}
                  >
                    Move forward
                  </Menu.Item>
                  <Menu.Item
                    leftSection={<IconArrowDown size={15} />}
                    disabled={place === charts.length - 1}
                    onClick={() => onChange(moved(charts, place, 1))}
                  >
                    Move back
                  </Menu.Item>
                  <Menu.Item
                    leftSection={<IconArrowsHorizontal size={15} />}
                    onClick={() => onChange(replaced(place, { ...chart, wide: !chart.wide }))}
                  >
                    {chart.wide ? "Half as wide" : "Over the whole width"}
                  </Menu.Item>
                  <Menu.Item leftSection={<IconTrash size={15} />} onClick={() => remove(place)}>
                    Remove
                  </Menu.Item>
                </>
              }
            />
          </div>
        ))}
      </div>
      {charts.length === 0 && (
        <p className="quiet">None. Any two quantities of these runs can be drawn: add a chart.</p>
      )}
      {editing && (
        <Suspense>
          <ChartDialog
            chart={edited}
            comparison={comparison}
            keys={keys}
            given={given as Record<string, string | boolean | undefined>}
            onClose={() => setEditing(null)}
            onDone={(chart) => {
              onChange(editing.place === null ? [...charts, chart] : replaced(editing.place, chart));
              setEditing(null);
            }}
          />
        </Suspense>
      )}
    </section>
  );
}
