/** Charts and colours as the reader left them: in the address, and kept by the browser for the next comparison. */

import { useLocalStorage } from "@mantine/hooks";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useMemo } from "react";
import { type Chart, chartsIn, chartsOf, chartTexts, FIRST_CHARTS } from "./charts";
import { type Chosen, colorsFor, colorsOf, colorsText } from "./colors";

interface Kept {
  charts?: unknown;
  colors?: string | undefined;
}

function useKeptLocally() {
  return useLocalStorage<Kept>({ key: "anpyc-comparison", defaultValue: {}, getInitialValueInEffect: false });
}

export function useCharts(): [readonly Chart[], (charts: Chart[]) => void] {
  const { chart } = useSearch({ from: "/compare" });
  const navigate = useNavigate({ from: "/compare" });
  const [kept, setKept] = useKeptLocally();
  const named = useMemo(() => chartsOf(chart), [chart]);
  const own = useMemo(() => chartsIn(kept.charts), [kept.charts]);
  const set = (charts: Chart[]) => {
    setKept((before) => ({ ...before, charts }));
    void navigate({ search: (before) => ({ ...before, chart: chartTexts(charts) }), replace: true });
  };
  useEffect(() => {
    // What a link shows is what its sender sees.
    if (named === undefined && own !== undefined)
      void navigate({ search: (before) => ({ ...before, chart: chartTexts(own) }), replace: true });
  }, [named, own, navigate]);
  return [named ?? own ?? FIRST_CHARTS, set];
}

/** The choices in the address, with which the page asks the server; and how they change. */
export function useColors(methods: ReadonlySet<string>): [Chosen, (chosen: Chosen) => void] {
  const { colors } = useSearch({ from: "/compare" });
  const navigate = useNavigate({ from: "/compare" });
  const [kept, setKept] = useKeptLocally();
  const named = useMemo(() => colorsOf(colors), [colors]);
  const own = useMemo(() => colorsText(colorsFor(colorsOf(kept.colors), methods)), [kept.colors, methods]);
  const set = (chosen: Chosen) => {
    const others = Object.entries(colorsOf(kept.colors)).filter(([method]) => !methods.has(method));
    setKept((before) => ({ ...before, colors: colorsText({ ...Object.fromEntries(others), ...chosen }) }));
    void navigate({ search: (before) => ({ ...before, colors: colorsText(chosen) }), replace: true });
  };
  useEffect(() => {
    if (colors === undefined && own !== undefined)
      void navigate({ search: (before) => ({ ...before, colors: own }), replace: true });
  }, [colors, own, navigate]);
  return [named, set];
}
