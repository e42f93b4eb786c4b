import { Button, Select, Skeleton, Switch } from "@mantine/core";
import { IconFileText, IconTable } from "@tabler/icons-react";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useEffect, useMemo, useState } from "react";
import { useMayChange } from "../access/useAccess";
import { messageOf } from "../api/client";
import { comparisonQuery } from "../api/queries";
import { type Comparison, TERMINAL } from "../api/types";
import { useNote } from "../notes/keeper";
import { Note } from "../notes/Note";
import { type Emphasis, EmphasisContext } from "../plot/emphasis";
import { PlacedFigures } from "../plot/PlacedFigures";
import { reportOfComparison } from "../reports/queries";
import { Message } from "../shell/Message";
import { complain } from "../shell/toast";
import { plural } from "../text/numbers";
import { AddRuns } from "./AddRuns";
import { Charts } from "./Charts";
import { ColorChoice } from "./ColorChoice";
import classes from "./ComparePage.module.css";
import { ComparisonTables } from "./ComparisonTables";
import { chartTexts } from "./charts";
import { type Chosen, withColor } from "./colors";
import { SeedsPanel } from "./SeedsPanel";
import { TableDialog } from "./TableDialog";
import { labelOf } from "./tables";
import { useCompareStream } from "./useCompareStream";
import { useCharts, useColors } from "./useKept";

const NO_KEYS: string[] = [];
/** As many as the server compares, and as there are looks to tell lines apart. */
const MOST = 200;
const NO_METHODS: ReadonlySet<string> = new Set();

/** Runs and groups side by side; which ones stands in the address. */
export function ComparePage() {
  const {
    run: requested = NO_KEYS,
    baseline,
    colors,
    bounds,
    hidden = NO_KEYS,
  } = useSearch({
    from: "/compare",
  });
  const keys = useMemo(() => requested.slice(0, MOST), [requested]);
  const navigate = useNavigate({ from: "/compare" });
  const mayChange = useMayChange();
  const reporting = useMutation({
    mutationFn: () => reportOfComparison(keys, baseline),
    onSuccess: (made) => void navigate({ to: "/reports/$id", params: { id: made.id } }),
    onError: (failure) => complain("The report was not made", failure),
  });
  const [tabling, setTabling] = useState(false);
  const query = useQuery({ ...comparisonQuery(keys, baseline, colors), enabled: keys.length > 0 });
  const comparison = query.data;
  const methods = useMemo(
    () => (comparison ? new Set(comparison.columns.map(({ method }) => method)) : NO_METHODS),
    [comparison],
  );
  const [chosen, setChosen] = useColors(methods);
  const [charts, setCharts] = useCharts();
  const [brushed, setBrushed] = useState<ReadonlySet<string> | null>(null);
  const given = useMemo(
    () => ({ colors, baseline, bounds: bounds || undefined }),
    [colors, baseline, bounds],
  );
  const runs = useMemo(
    () => (comparison ? comparison.columns.flatMap(({ run_ids }) => run_ids) : NO_KEYS),
    [comparison],
  );
  useCompareStream(runs, comparison !== undefined && isUnderWay(comparison));
  const note = useNote(keys, "", "on this comparison");
  useEffect(() => {
    document.title = "Compare · ANPyC Dashboard";
  }, []);
  const set = useCallback(
    (run: string[]) =>
      void navigate({
        search: (before) => ({
          ...before,
          run,
          baseline: before.baseline && run.includes(before.baseline) ? before.baseline : undefined,
          hidden: before.hidden?.filter((key) => run.includes(key)),
        }),
        replace: true,
      }),
    [navigate],
  );
  const emphasis = useMemo(
    (): Emphasis => ({
      hidden: new Set(hidden),
      lit: brushed,
      onHide: (concerned, hide) =>
        void navigate({
          search: (before) => {
            const others = (before.hidden ?? []).filter((key) => !concerned.includes(key));
            return { ...before, hidden: hide ? [...others, ...concerned] : others };
          },
          replace: true,
        }),
      onBrush: setBrushed,
      onKeep: (kept) => {
        setBrushed(null);
        set(keys.filter((key) => kept.has(key)));
      },
    }),
    [hidden, brushed, keys, navigate, set],
  );
  const setBaseline = (key: string | undefined) =>
    void navigate({ search: (before) => ({ ...before, baseline: key }), replace: true });

  if (keys.length === 0)
    return (
      <Message
        title="Nothing to compare yet"
        actions={
          <>
            <AddRuns chosen={keys} onChange={set} />
            <Button variant="default" renderRoot={(props) => <Link to="/" {...props} />}>
              Choose in the list
            </Button>
          </>
        }
      >
        Add runs here, or select them in the list and press <kbd>c</kbd>. Runs that differ only in their seed
        can be compared as one, with mean and spread.
      </Message>
    );
  if (query.error)
    return (
      <Message
        title="These runs cannot be compared"
        tone="danger"
        actions={
          <Button variant="default" onClick={() => set([])}>
            Start over
          </Button>
        }
      >
        {messageOf(query.error)}
      </Message>
    );
  return (
    <div className={classes.page}>
      <div className={classes.head}>
        <h1>Compare</h1>
        <AddRuns chosen={keys} onChange={set} />
        {comparison && comparison.columns.length > 1 && (
          <>
            <Select
              aria-label="Baseline"
              placeholder="No baseline"
              w={200}
              clearable
              searchable
              data={baselinesOf(comparison)}
              value={baseline ?? null}
              onChange={(key) => setBaseline(key ?? undefined)}
            />
            <Switch
              size="xs"
              label="Fine-tuning and joint"
              title="What these two reach in the same setting, as levels in the figures"
              checked={bounds ?? false}
              onChange={(event) => {
                const wanted = event.currentTarget.checked || undefined;
                void navigate({ search: (before) => ({ ...before, bounds: wanted }), replace: true });
              }}
            />
          </>
        )}
        {comparison && comparison.statistics.metrics.length > 0 && (
          <Button variant="default" leftSection={<IconTable size={14} />} onClick={() => setTabling(true)}>
            Table
          </Button>
        )}
        {comparison && mayChange && (
          <Button
            variant="default"
            leftSection={<IconFileText size={14} />}
            loading={reporting.isPending}
            onClick={() => reporting.mutate()}
          >
            Report
          </Button>
        )}
        {comparison && <MasksLink columns={comparison.columns} />}
      </div>
      {comparison ? (
        <>
          <p className={classes.sentence} dir="auto">
            {comparison.sentence}
          </p>
          {keys.length > 1 && <Note keeper={note} offered />}
          <LeftOut
            tooMany={requested.length - keys.length}
            missing={comparison.missing.length}
            onDrop={() => set(keys.filter((key) => !comparison.missing.includes(key)))}
          />
          <Columns
            comparison={comparison}
            chosen={chosen}
            onChoose={setChosen}
            onRemove={(key) => set(keys.filter((other) => other !== key))}
          />
          <EmphasisContext value={emphasis}>
            <PlacedFigures tab="compare" runs={keys} given={given} />
            <Charts
              charts={charts}
              comparison={comparison}
              keys={keys}
              given={given}
              onChange={setCharts}
              colors={colors}
              onOpen={(kept) =>
                void navigate({
                  search: (before) => ({
                    ...before,
                    chart: chartTexts(kept.charts),
                    colors: kept.colors || undefined,
                  }),
                  replace: true,
                })
              }
            />
          </EmphasisContext>
          <SeedsPanel comparison={comparison} />
          {tabling && (
            <TableDialog
              comparison={comparison}
              keys={keys}
              baseline={baseline}
              onClose={() => setTabling(false)}
            />
          )}
          <ComparisonTables comparison={comparison} onBaseline={setBaseline} />
        </>
      ) : (
        <Skeleton height={420} radius={6} role="status" aria-label="The comparison is loading" />
      )}
    </div>
  );
}

/** Of two single runs: their masks side by side. */
function MasksLink({ columns }: Pick<Comparison, "columns">) {
  const [one, two, ...more] = columns;
  if (!one || !two || more.length > 0 || one.is_group || two.is_group) return null;
  return (
    <Button
      variant="default"
      renderRoot={(props) => (
        <Link to="/runs/$id" params={{ id: one.key }} search={{ tab: "masks", beside: two.key }} {...props} />
      )}
    >
      Masks side by side
    </Button>
  );
}

interface ColumnsProps {
  comparison: Comparison;
  chosen: Chosen;
  onChoose: (chosen: Chosen) => void;
  onRemove: (key: string) => void;
}

/** Who is compared, each with its colour. */
function Columns({ comparison, chosen, onChoose, onRemove }: ColumnsProps) {
  const { columns, colors } = comparison;
  const taken = new Map(columns.map(({ slot, short }) => [slot, short]));
  return (
    <ul className={classes.columns} aria-label="Compared">
      {columns.map((column) => (
        <li key={column.key} className="panel">
          <ColorChoice
            column={column}
            label={labelOf(column)}
            colors={colors}
            taken={taken}
            isChosen={column.method in chosen}
            onChoose={(slot) => onChoose(withColor(chosen, column.method, slot))}
          />
          {column.is_group ? (
            <Link to="/" search={{ group: column.key }} dir="auto" title={column.full}>
              {column.title}
            </Link>
          ) : (
            <Link to="/runs/$id" params={{ id: column.key }} dir="auto" title={column.full}>
              {column.title}
            </Link>
          )}
          <span className={`quiet ${classes.facts}`}>{factsOf(column)}</span>
          <button
            type="button"
            aria-label={`Leave out ${labelOf(column)}`}
            onClick={() => onRemove(column.key)}
          >
            ×
          </button>
        </li>
      ))}
    </ul>
  );
}

/** What may be the baseline: the columns, and the methods that stand in none alone. */
function baselinesOf({ columns, statistics }: Comparison): { value: string; label: string }[] {
  const alone = new Set(
    statistics.methods.flatMap(({ columns: places }) => (places.length === 1 ? places : [])),
  );
  const methods = statistics.methods.filter(({ columns: places }) => places.some((at) => !alone.has(at)));
  return [
    ...columns.map(({ key, short }) => ({ value: key, label: short })),
    ...methods
      .filter(({ key }) => !columns.some((column) => column.key === key))
      .map((method) => ({ value: method.key, label: `${labelOf(method)}, all seeds` })),
  ];
}

function isUnderWay({ columns, statistics }: Comparison): boolean {
  return (
    columns.some(({ status }) => status === "mixed" || !TERMINAL.has(status as "failed")) ||
    statistics.methods.some(({ on_their_way }) => on_their_way.length > 0)
  );
}

function factsOf(column: Comparison["columns"][number]): string {
  const { is_group, note, status, run_ids, left_out, repeated, seeds, settings } = column;
  if (!is_group) return [note, status].filter(Boolean).join(" · ");
  const counted = settings > 1 ? plural(settings, "setting") : plural(seeds.length, "seed");
  return [
    note,
    settings > 1 ? `${counted}, ${plural(run_ids.length, "run")}` : counted,
    repeated ? `${repeated} repeated` : "",
    left_out ? `${left_out} not finished` : "",
  ]
    .filter(Boolean)
    .join(" · ");
}

interface LeftOutProps {
  tooMany: number;
  missing: number;
  onDrop: () => void;
}

/** What the address names and the page does not show. */
function LeftOut({ tooMany, missing, onDrop }: LeftOutProps) {
  if (tooMany === 0 && missing === 0) return null;
  return (
    <p className={classes.leftOut} role="status">
      {missing > 0 && (
        <>
          {plural(missing, "run or group", "runs or groups")} of this comparison{" "}
          {missing === 1 ? "is" : "are"} not there any more; the others are shown.{" "}
        </>
      )}
      {tooMany > 0 && `Only the first ${MOST} are compared; ${tooMany} more stand in the address. `}
      {missing > 0 && (
        <button type="button" onClick={onDrop}>
          Leave out what is gone
        </button>
      )}
    </p>
  );
}
