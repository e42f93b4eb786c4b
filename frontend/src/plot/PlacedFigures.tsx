import { Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type ComponentType, useMemo, useState } from "react";
import { messageOf } from "../api/client";
import { type FigureParams, figuresQuery } from "../api/queries";
import type { FigurePlace, Run } from "../api/types";
import { Message } from "../shell/Message";
import { Figure } from "./Figure";
import { OptionControl, type OptionValue } from "./OptionControl";
import classes from "./Placed.module.css";
import { controlsOf, type Placed, paramsOf, placedOn, rowsOf, titleOf } from "./placed";
import { TaskChips, TaskLines } from "./TaskChips";

type Component = NonNullable<FigurePlace["component"]>;
type Given = FigureParams | ((placed: Placed) => FigureParams);

interface PlacedFiguresProps {
  tab: FigurePlace["tab"];
  /** Ids of runs, and keys of groups. */
  runs: string[];
  /** The run whose page it is. */
  run?: Run;
  /** Options that the page fills; a figure takes those that it has. */
  given?: Given;
  /** Told when a control changes an option that the page fills. */
  onGiven?: (name: string, value: OptionValue | undefined) => void;
  shown?: (placed: Placed) => boolean;
  /** Components of the page that choose a figure's options themselves. */
  components?: Partial<Record<Component, ComponentType<{ run: Run }>>>;
}

const NOTHING: FigureParams = {};
const ALL = () => true;

/** The figures of a tab, laid out as they declare: a figure that the server adds stands there by itself. */
export function PlacedFigures(props: PlacedFiguresProps) {
  const { tab, shown = ALL, components, run } = props;
  const query = useQuery(figuresQuery);
  const rows = useMemo(() => rowsOf(placedOn(query.data?.items ?? [], tab)), [query.data, tab]);
  if (query.error)
    return (
      <Message title="The figures could not be listed" tone="danger">
        {messageOf(query.error)}
      </Message>
    );
  if (!query.data) return <Skeleton height={560} radius={6} role="status" aria-label="Figures are loading" />;
  return (
    <div className={classes.stack}>
      {rows.map(({ size, placed }) => (
        <div key={`${size} ${placed[0]?.figure.name}`} className={classes[size]}>
          {placed.filter(shown).map((item) => {
            const Own = item.place.component ? components?.[item.place.component] : undefined;
            if (Own && run) return <Own key={item.figure.name} run={run} />;
            return <PlacedFigure key={item.figure.name} placed={item} {...props} />;
          })}
        </div>
      ))}
    </div>
  );
}

type PlacedFigureProps = Omit<PlacedFiguresProps, "tab" | "shown" | "components"> & { placed: Placed };

function PlacedFigure({ placed, runs, run, given = NOTHING, onGiven }: PlacedFigureProps) {
  const { figure, place } = placed;
  const [chosen, setChosen] = useState<Record<string, OptionValue | undefined>>({});
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const [pointed, setPointed] = useState<string | null>(null);
  const filled = typeof given === "function" ? given(placed) : given;
  const params = useSame(paramsOf(placed, { ...filled, ...chosen }));
  const layers = run?.plan.layers.map(({ name }) => name) ?? [];
  const choose = (name: string, value: OptionValue | undefined) =>
    onGiven && name in filled ? onGiven(name, value) : setChosen((before) => ({ ...before, [name]: value }));
  const controls = controlsOf(placed);
  return (
    <>
      <Figure
        name={figure.name}
        title={titleOf(placed, filled.layer)}
        runs={runs}
        params={params}
        eager={place.eager}
        hidden={hidden}
        pointed={pointed}
        height={place.height === null ? undefined : `${place.height}px`}
        controls={
          controls.length > 0 &&
          controls.map((option) => (
            <OptionControl
              key={option.name}
              option={option}
              value={optionValue(option.name in filled ? filled[option.name] : chosen[option.name])}
              layers={layers}
              onChange={(value) => choose(option.name, value)}
            />
          ))
        }
      />
      {place.hides_tasks && run && (
        <TaskChips run={run} hidden={hidden} onChange={setHidden} onPoint={setPointed} />
      )}
      {place.hides_tasks && run && figure.params.includes("lines") && (
        <TaskLines
          run={run}
          value={textOf("lines" in filled ? filled.lines : chosen.lines)}
          onChange={(value) => choose("lines", value)}
        />
      )}
    </>
  );
}

function optionValue(value: FigureParams[string]): OptionValue | undefined {
  return typeof value === "number" ? String(value) : value;
}

function textOf(value: FigureParams[string]): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** The same object as long as it says the same, so that a figure is drawn again for its own data alone. */
function useSame(params: FigureParams): FigureParams {
  const text = JSON.stringify(params);
  return useMemo(() => JSON.parse(text) as FigureParams, [text]);
}
