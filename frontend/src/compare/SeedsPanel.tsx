import { Button, Popover, Select, useComputedColorScheme } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { useMayChange } from "../access/useAccess";
import { cancelRun, queueSeeds, refreshLists } from "../api/actions";
import type { Comparison } from "../api/types";
import { Swatch } from "../plot/Swatch";
import { complain, say, sayWithUndo } from "../shell/toast";
import { MetricTip } from "../text/MetricTip";
import { hundredths, plural } from "../text/numbers";
import classes from "./SeedsPanel.module.css";
import {
  differenceOf,
  effectOf,
  intervalOf,
  type MethodVerdict,
  type MetricOverSeeds,
  metricShown,
  onTheirWay,
  pOf,
  runsWanted,
  seedsInWords,
  wantedInWords,
  withSeedsTogether,
} from "./seeds";
import { labelOf, writing } from "./tables";

/** Sentences that stand open; those of more methods are folded away. */
const SENTENCES = 6;

/** What the seeds say: each method's mean with its interval, and who is ahead of whom. */
export function SeedsPanel({ comparison }: { comparison: Comparison }) {
  const { metric: wanted } = useSearch({ from: "/compare" });
  const navigate = useNavigate({ from: "/compare" });
  const { statistics } = comparison;
  const metric = metricShown(statistics.metrics, wanted);
  if (!metric) return null;
  const reference = metric.reference === null ? undefined : statistics.methods[metric.reference];
  const open = metric.verdicts.filter((verdict) => verdict !== null);
  return (
    <section className={`panel ${classes.panel}`} aria-labelledby="over-seeds" data-testid="seeds">
      <header className={classes.head}>
        <h2 id="over-seeds">Over seeds</h2>
        <Select
          aria-label="Metric"
          w={190}
          allowDeselect={false}
          data={statistics.metrics.map(({ name, title }) => ({ value: name, label: title }))}
          value={metric.name}
          onChange={(name) =>
            void navigate({ search: (before) => ({ ...before, metric: name ?? undefined }), replace: true })
          }
        />
        <MetricTip name={metric.name} />
        <span className="quiet">
          {metric.unit}, {metric.higher_is_better ? "higher" : "lower"} is better
        </span>
      </header>
      <MethodsTable comparison={comparison} metric={metric} reference={reference && labelOf(reference)} />
      <ul className={classes.verdicts} aria-label="Verdicts">
        {open.slice(0, SENTENCES).map((verdict) => (
          <Said key={verdict.sentence} verdict={verdict} comparison={comparison} />
        ))}
      </ul>
      {open.length > SENTENCES && (
        <details className={classes.more}>
          <summary>{plural(open.length - SENTENCES, "more")}</summary>
          <ul className={classes.verdicts}>
            {open.slice(SENTENCES).map((verdict) => (
              <Said key={verdict.sentence} verdict={verdict} comparison={comparison} />
            ))}
          </ul>
        </details>
      )}
      <p className={classes.note} dir="auto">
        {[statistics.spread, statistics.left_out].filter(Boolean).join(" ")} <MetricTip name="told_apart" />
      </p>
    </section>
  );
}

interface MethodsTableProps {
  comparison: Comparison;
  metric: MetricOverSeeds;
  reference: string | undefined;
}

function MethodsTable({ comparison, metric, reference }: MethodsTableProps) {
  const { baseline } = useSearch({ from: "/compare" });
  const navigate = useNavigate({ from: "/compare" });
  const { columns, statistics } = comparison;
  const dark = useComputedColorScheme("light") === "dark";
  const write = writing(metric.unit);
  const isChosen = comparison.baseline !== null || (baseline ?? "").startsWith("spec:");
  return (
    <div className={classes.scroll}>
      <table className={classes.table}>
        <thead>
          <tr>
            <th scope="col">Method</th>
            <th scope="col">Seeds</th>
            <th scope="col">Mean ± std</th>
            <th scope="col">
              95 % interval <MetricTip name="interval" />
            </th>
            {reference && (
              <>
                <th scope="col" title={reference}>
                  Against {isChosen ? "the baseline" : "the best"}, 95 %
                </th>
                <th scope="col">p, Holm</th>
                <th scope="col">d</th>
              </>
            )}
          </tr>
        </thead>
        <tbody>
          {statistics.methods.map((method, place) => {
            const value = metric.values[place];
            const verdict = metric.verdicts[place];
            const [first, ...others] = method.columns.map((index) => columns[index]);
            const isReference = metric.reference === place;
            return (
              <tr key={method.key}>
                <th scope="row">
                  <span className={classes.method}>
                    {first && others.length === 0 && (
                      <Swatch color={dark ? first.color_dark : first.color} dash={first.dash} />
                    )}
                    <span className={classes.name} dir="auto" title={labelOf(method)}>
                      {labelOf(method)}
                    </span>
                  </span>
                  {statistics.methods.length > 1 && (
                    <button
                      type="button"
                      aria-pressed={isReference && isChosen}
                      aria-label={`${labelOf(method)} as baseline of the seeds`}
                      onClick={() =>
                        void navigate({
                          search: (before) => ({
                            ...before,
                            baseline: isReference && isChosen ? undefined : baselineOf(method, columns),
                          }),
                          replace: true,
                        })
                      }
                    >
                      {isReference && isChosen ? "baseline" : "as baseline"}
                    </button>
                  )}
                </th>
                <td title={onTheirWay(method)}>{seedsInWords(method)}</td>
                <td data-best={(metric.best === place && metric.best_holds) || undefined}>
                  {value ? write(value.mean) : "–"}
                  {value && value.std !== null && <span className="quiet"> ± {hundredths(value.std)}</span>}
                </td>
                <td>{value ? intervalOf(value, metric.unit) : "–"}</td>
                {reference && <Against verdict={verdict ?? null} isReference={isReference} />}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

/** A column that holds the method alone, so that the table below has the same baseline; else the method. */
function baselineOf(
  method: Comparison["statistics"]["methods"][number],
  columns: Comparison["columns"],
): string {
  const [only, ...others] = method.columns.map((place) => columns[place]);
  return only && others.length === 0 && only.settings === 1 ? only.key : method.key;
}

function Against({ verdict, isReference }: { verdict: MethodVerdict | null; isReference: boolean }) {
  if (isReference) return <td colSpan={3} className="quiet" />;
  if (!verdict) return <td colSpan={3}>–</td>;
  return (
    <>
      <td>{differenceOf(verdict)}</td>
      <td>{pOf(verdict.p_holm)}</td>
      <td>{effectOf(verdict.effect)}</td>
    </>
  );
}

function Said({ verdict, comparison }: { verdict: MethodVerdict; comparison: Comparison }) {
  const mayChange = useMayChange();
  return (
    <li data-outcome={verdict.outcome}>
      <span dir="auto">{verdict.sentence}</span>
      {mayChange && verdict.wanted.length > 0 && <QueueSeeds verdict={verdict} comparison={comparison} />}
      {verdict.more !== null && !verdict.more_is_beyond && verdict.wanted.length === 0 && (
        <span className="quiet">They are on their way.</span>
      )}
    </li>
  );
}

/** Shows which seeds are missing before it queues them. What is there already is not queued again. */
function QueueSeeds({ verdict, comparison }: { verdict: MethodVerdict; comparison: Comparison }) {
  const { wanted } = verdict;
  const navigate = useNavigate({ from: "/compare" });
  const client = useQueryClient();
  const [opened, setOpened] = useState(false);
  const queueing = useMutation({
    mutationFn: () => queueSeeds(wanted.map(({ method: _, ...more }) => more)),
    onSuccess: ({ items, sentence }) => {
      setOpened(false);
      refreshLists(client);
      void client.invalidateQueries({ queryKey: ["compare"] });
      void navigate({
        search: (before) => ({ ...before, ...withSeedsTogether(before, comparison, wanted) }),
        replace: true,
      });
      if (items.length === 0) say(sentence);
      else
        sayWithUndo(sentence, async () => {
          await Promise.all(items.map(({ id }) => cancelRun(id)));
          refreshLists(client);
          void client.invalidateQueries({ queryKey: ["compare"] });
        });
    },
    onError: (failure) => complain("The seeds were not queued", failure),
  });
  const runs = plural(runsWanted(wanted), "run");
  return (
    <Popover opened={opened} onChange={setOpened} width={300} shadow="md" trapFocus withinPortal>
      <Popover.Target>
        <Button variant="default" onClick={() => setOpened(true)}>
          Queue {runs}
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <ul className={classes.wanted}>
          {wantedInWords(wanted, comparison.statistics.methods).map((line) => (
            <li key={line} dir="auto">
              {line}
            </li>
          ))}
        </ul>
        <p className={classes.copies}>Copies of the newest run of these settings.</p>
        <Button
          mt="xs"
          fullWidth
          loading={queueing.isPending}
          onClick={() => queueing.mutate()}
          data-autofocus
        >
          Queue {runs}
        </Button>
      </Popover.Dropdown>
    </Popover>
  );
}
