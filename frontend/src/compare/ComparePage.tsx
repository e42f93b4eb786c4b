import { Button, Skeleton, useComputedColorScheme } from "@mantine/core";
import { IconTable } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useMemo, useState } from "react";
import { messageOf } from "../api/client";
import { comparisonQuery } from "../api/queries";
import type { Comparison } from "../api/types";
import { PlacedFigures } from "../plot/PlacedFigures";
import { Message } from "../shell/Message";
import { plural } from "../text/numbers";
import { AddRuns } from "./AddRuns";
import classes from "./ComparePage.module.css";
import { ComparisonTables } from "./ComparisonTables";
import { SeedsPanel } from "./SeedsPanel";
import { Swatch } from "./Swatch";
import { TableDialog } from "./TableDialog";
import { labelOf } from "./tables";

const NO_KEYS: string[] = [];
/** As many as the server compares, and as there are looks to tell lines apart. */
const MOST = 50;

/** Runs and groups side by side; which ones stands in the address. */
export function ComparePage() {
  const { run: requested = NO_KEYS, baseline } = useSearch({ from: "/compare" });
  const keys = useMemo(() => requested.slice(0, MOST), [requested]);
  const navigate = useNavigate({ from: "/compare" });
  const [tabling, setTabling] = useState(false);
  const query = useQuery({ ...comparisonQuery(keys, baseline), enabled: keys.length > 0 });
  useEffect(() => {
    document.title = "Compare · ANPyC Dashboard";
  }, []);
  const set = (run: string[]) =>
    void navigate({
      search: (before) => ({
        ...before,
        run,
        baseline: before.baseline && run.includes(before.baseline) ? before.baseline : undefined,
      }),
      replace: true,
    });

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
  const comparison = query.data;
  return (
    <div className={classes.page}>
      <div className={classes.head}>
        <h1>Compare</h1>
        <AddRuns chosen={keys} onChange={set} />
        {comparison && comparison.statistics.metrics.length > 0 && (
          <Button variant="default" leftSection={<IconTable size={14} />} onClick={() => setTabling(true)}>
            Table
          </Button>
        )}
        {comparison && <MasksLink columns={comparison.columns} />}
      </div>
      {comparison ? (
        <>
          <p className={classes.sentence} dir="auto">
            {comparison.sentence}
          </p>
          <LeftOut
            tooMany={requested.length - keys.length}
            missing={comparison.missing.length}
            onDrop={() => set(keys.filter((key) => !comparison.missing.includes(key)))}
          />
          <Columns comparison={comparison} onRemove={(key) => set(keys.filter((other) => other !== key))} />
          <SeedsPanel comparison={comparison} />
          {tabling && (
            <TableDialog
              comparison={comparison}
              keys={keys}
              baseline={baseline}
              onClose={() => setTabling(false)}
            />
          )}
          <ComparisonTables
            comparison={comparison}
            onBaseline={(key) =>
              void navigate({ search: (before) => ({ ...before, baseline: key }), replace: true })
            }
          />
          <PlacedFigures tab="compare" runs={keys} />
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

function Columns({ comparison, onRemove }: { comparison: Comparison; onRemove: (key: string) => void }) {
  const dark = useComputedColorScheme("light") === "dark";
  return (
    <ul className={classes.columns} aria-label="Compared">
      {comparison.columns.map((column) => (
        <li key={column.key} className="panel">
          <Swatch color={dark ? column.color_dark : column.color} dash={column.dash} />
          {column.is_group ? (
            <Link to="/" search={{ group: column.key }} dir="auto" title={column.title}>
              {column.title}
            </Link>
          ) : (
            <Link to="/runs/$id" params={{ id: column.key }} dir="auto" title={column.title}>
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
