import { useComputedColorScheme } from "@mantine/core";
import type { ReactNode } from "react";
import type { Comparison } from "../api/types";
import { titleOf } from "../form/schema";
import { points } from "../text/numbers";
import classes from "./ComparePage.module.css";

interface ComparisonTablesProps {
  comparison: Comparison;
  onBaseline: (key: string | undefined) => void;
}

/** What came out, task by task, and in which settings the columns differ; nothing that they share. */
export function ComparisonTables({ comparison, onBaseline }: ComparisonTablesProps) {
  const { columns, metrics, tasks, settings, same, baseline } = comparison;
  const dark = useComputedColorScheme("light") === "dark";
  const shared = Object.entries(same).filter(([, value]) => value !== null && value !== "");
  return (
    <div className={`panel ${classes.tables}`}>
      <table className={classes.table} data-testid="comparison">
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
                  title={column.title}
                >
                  {column.title}
                </span>
                <button
                  type="button"
                  className={classes.baseline}
                  aria-pressed={baseline === index}
                  onClick={() => onBaseline(baseline === index ? undefined : column.key)}
                >
                  {baseline === index ? "baseline" : "as baseline"}
                </button>
              </th>
            ))}
          </tr>
        </thead>
        <Body title="Measured, in %">
          {metrics.map((metric) => (
            <tr key={metric.name}>
              <th scope="row">
                {metric.title} <span className="quiet">{metric.higher_is_better ? "↑" : "↓"}</span>
              </th>
              {metric.values.map((value, index) => (
                <td key={columns[index]?.key} data-best={metric.best.includes(index) || undefined}>
                  {value ? (
                    <>
                      {(value.mean * 100).toFixed(1).replace("-", "−")}
                      {value.std !== null && <span className="quiet"> ± {(value.std * 100).toFixed(1)}</span>}
                      <Difference
                        value={metric.differences[index]}
                        shown={baseline !== null && baseline !== index}
                      />
                    </>
                  ) : (
                    "–"
                  )}
                </td>
              ))}
            </tr>
          ))}
        </Body>
        {tasks.length > 0 && (
          <Body title="Accuracy on each task at the end, in %">
            {tasks.map(({ task, values }) => {
              const most = Math.max(...values.filter((value) => value !== null));
              return (
                <tr key={task}>
                  <th scope="row">Task {task}</th>
                  {values.map((value, index) => (
                    <td
                      key={columns[index]?.key}
                      data-best={(value === most && values.length > 1) || undefined}
                    >
                      {value === null ? "–" : (value * 100).toFixed(1)}
                    </td>
                  ))}
                </tr>
              );
            })}
          </Body>
        )}
        {settings.length > 0 && (
          <Body title="Settings that differ">
            {settings.map(({ field, title, unit, values }) => (
              <tr key={field}>
                <th scope="row" title={field}>
                  {settingTitle(field, title)} {unit && <span className="quiet">{unit}</span>}
                </th>
                {values.map((value, index) => (
                  <td key={columns[index]?.key} dir="auto">
                    {value === null ? "–" : String(value)}
                  </td>
                ))}
              </tr>
            ))}
          </Body>
        )}
      </table>
      {shared.length > 0 && (
        <details className={classes.shared}>
          <summary>{shared.length} settings are the same</summary>
          <p className="mono">{shared.map(([field, value]) => `${field} = ${String(value)}`).join("   ")}</p>
        </details>
      )}
    </div>
  );
}

/** A part's `kind` is called by the part: "Strategy" instead of "Kind". */
function settingTitle(field: string, title: string): string {
  const steps = field.split(".");
  return steps.at(-1) === "kind" ? titleOf(steps.at(-2) ?? title) : title;
}

function Body({ title, children }: { title: string; children: ReactNode }) {
  return (
    <tbody>
      <tr className={classes.part}>
        <th colSpan={100} scope="rowgroup">
          {title}
        </th>
      </tr>
      {children}
    </tbody>
  );
}

function Difference({ value, shown }: { value: number | null | undefined; shown: boolean }) {
  if (!shown || value === null || value === undefined) return null;
  return <span className={classes.difference}>{points(value)}</span>;
}
