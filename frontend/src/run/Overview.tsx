import { useMemo } from "react";
import type { Run } from "../api/types";
import { MaskPanel } from "../masks/MaskPanel";
import { PlacedFigures } from "../plot/PlacedFigures";

const COMPONENTS = { mask_panel: MaskPanel };

/** The whole story at once: what is forgotten, on which tasks, what is freed, which parameters. */
export function Overview({ run }: { run: Run }) {
  // The same array as long as it is the same run, so that a figure is drawn again for its own data alone.
  const runs = useMemo(() => [run.id], [run.id]);
  return <PlacedFigures tab="overview" runs={runs} run={run} components={COMPONENTS} />;
}
