import { useComputedColorScheme } from "@mantine/core";
import { Fragment, type ReactNode, useState } from "react";
import type { Comparison } from "../api/types";
import { useKindTitles } from "../form/KindTitle";
import { titleOf } from "../form/schema";
import { MetricTip } from "../text/MetricTip";
import { hundredths, plural, points } from "../text/numbers";
import classes from "./ComparePage.module.css";
import { labelOf, settingGroups, settingTitle, settingValue, writing } from "./tables";

interface ComparisonTablesProps {
  comparison: Comparison;
  onBaseline: (key: string | undefined) => void;
}

/** What came out, task by task, and in which settings the columns differ; nothing that they share. */
export function ComparisonTables({ comparison, onBaseline }: ComparisonTablesProps) {
  const { columns, metrics, tasks, settings, same, baseline, spread } = comparison;
  const shared = Object.entries(same).filter(([, value]) => value !== null && value !== "");
  return (
    <div className={`panel ${classes.tables}`}>
      <table className={classes.table} data-testid="comparison">
        <Head columns={columns} baseline={baseline} onBaseline={onBaseline} />
        <Body title="Measured">
          {metrics.map((metric) => (
            <tr key={metric.name}>
              <th scope="row">
                {metric.title},{" "}
                <span className="quiet">
                  {metric.unit} {metric.higher_is_better ? "↑" : "↓"}
                </span>{" "}
                <MetricTip name={metric.name} />
              </th>
              {metric.values.map((value, index) => (
                <Measured
                  key={columns[index]?.key}
                  value={value}
                  over={columns[index]}
                  best={metric.best_holds && metric.best.includes(index)}
                  unit={metric.unit}
                >
                  <Difference
                    value={metric.differences[index]}
                    shown={baseline !== null && baseline !== index}
                  />
                </Measured>
              ))}
            </tr>
          ))}
        </Body>
        {tasks.length > 0 && (
          <Body title="Accuracy on each task at the end, in %">
            {tasks.map(({ task, values }) => (
              <tr key={task}>
                <th scope="row">Task {task}</th>
                {values.map((value, index) => (
                  <Measured
                    key={columns[index]?.key}
                    value={value}
                    over={columns[index]}
                    best={false}
                    unit="%"
                  />
                ))}
              </tr>
            ))}
          </Body>
        )}
        {settings.length > 0 && <Settings settings={settings} columns={columns} />}
      </table>
      {spread && (
        <p className={classes.spread} dir="auto" data-testid="spread">
          {spread} <MetricTip name="spread" />
        </p>
      )}
      {shared.length > 0 && (
        <details className={classes.shared}>
          <summary>{shared.length} settings are the same</summary>
          <p className="mono">{shared.map(([field, value]) => `${field} = ${String(value)}`).join("   ")}</p>
        </details>
      )}
    </div>
  );
}

/** So few stand open. */
const FEW = 8;

/** In what the columns differ, by part; what only some of them have at all is folded away. */
function Settings({ settings, columns }: Pick<Comparison, "settings" | "columns">) {
  const kindTitle = useKindTitles();
  const { groups, partial } = settingGroups(settings);
  const shown = settings.length - partial;
  const [open, setOpen] = useState(shown <= FEW);
  const [all, setAll] = useState(shown === 0);
  const rows = all ? settingGroups(settings, true).groups : groups;
  return (
    <tbody>
      <tr className={classes.part}>
        <th colSpan={1_000} scope="rowgroup">
          <button type="button" aria-expanded={open} onClick={() => setOpen(!open)}>
            {open ? "▾" : "▸"} Settings that differ ({settings.length})
          </button>
        </th>
      </tr>
      {open &&
        rows.map(({ part, rows: of }) => (
          <Fragment key={part}>
            <tr className={classes.group}>
              <th colSpan={1_000} scope="rowgroup">
                {titleOf(part)}
              </th>
            </tr>
            {of.map(({ field, title, unit, values }) => (
              <tr key={field}>
                <th scope="row" title={field}>
                  {settingTitle(field, title)} {unit && <span className="quiet">{unit}</span>}
                </th>
                {values.map((value, index) => (
                  <td key={columns[index]?.key} dir="auto">
                    {settingValue(field, value, kindTitle)}
                  </td>
                ))}
              </tr>
            ))}
          </Fragment>
        ))}
      {open && partial > 0 && shown > 0 && (
        <tr className={classes.part}>
          <th colSpan={1_000} scope="rowgroup">
            <button type="button" aria-expanded={all} onClick={() => setAll(!all)}>
              {all ? "Without" : "With"} {plural(partial, "setting")} that only some have
            </button>
          </th>
        </tr>
      )}
    </tbody>
  );
}

interface HeadProps extends Pick<Comparison, "columns" | "baseline"> {
  onBaseline: ComparisonTablesProps["onBaseline"];
}

function Head({ columns, baseline, onBaseline }: HeadProps) {
  const dark = useComputedColorScheme("light") === "dark";
  return (
    <thead>
      <tr>
        <th scope="col">
          <span className="visually-hidden">Measure</span>
        </th>
        {columns.map((column, index) => (
          <th scope="col" key={column.key}>
            <span
              className={classes.columnTitle}
              style={{ borderColor: dark ? column.color_dark : column.color }}
              dir="auto"
              title={column.full}
            >
              {column.short}
            </span>
            <button
              type="button"
              className={classes.baseline}
              aria-pressed={baseline === index}
              aria-label={`${labelOf(column)} as baseline`}
              onClick={() => onBaseline(baseline === index ? undefined : column.key)}
            >
              {baseline === index ? "baseline" : "as baseline"}
            </button>
          </th>
        ))}
      </tr>
    </thead>
  );
}

function Body({ title, children }: { title: string; children: ReactNode }) {
  return (
    <tbody>
      <tr className={classes.part}>
        <th colSpan={1_000} scope="rowgroup">
          {title}
        </th>
      </tr>
      {children}
    </tbody>
  );
}

interface MeasuredProps {
  value: Comparison["metrics"][number]["values"][number];
  over: Comparison["columns"][number] | undefined;
  best: boolean;
  unit: string;
  children?: ReactNode;
}

/** In percent, with the deviation over seeds or the range over settings; the best of its row is bold where its
 * seeds tell it from the next best, and said to be. */
function Measured({ value, over, best, unit, children }: MeasuredProps) {
  const write = writing(unit);
  if (!value) return <td>–</td>;
  const isRange = over?.spread_over === "settings";
  const title = isRange ? `mean of ${plural(over.settings, "setting")}` : `over ${plural(value.n, "seed")}`;
  return (
    <td data-best={best || undefined} title={value.n > 1 ? title : undefined}>
      {write(value.mean)}
      {value.std !== null && <span className="quiet"> ± {hundredths(value.std)}</span>}
      {isRange && (
        <span className="quiet">
          {" "}
          ({write(value.low)} to {write(value.high)})
        </span>
      )}
      {best && <span className="visually-hidden"> best</span>}
      {children}
    </td>
  );
}

function Difference({ value, shown }: { value: number | null | undefined; shown: boolean }) {
  if (!shown || value === null || value === undefined) return null;
  return <span className={classes.difference}>{points(value)}</span>;
}
