import { Skeleton, Table } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { messageOf } from "../api/client";
import { masksBesideQuery } from "../api/queries";
import type { MasksBeside, Run } from "../api/types";
import { Figure } from "../plot/Figure";
import type { RunSearch } from "../search";
import { Message } from "../shell/Message";
import { count, percent } from "../text/numbers";
import { MaskPicture } from "./MaskPicture";
import classes from "./MasksTab.module.css";
import { stepInWords } from "./steps";
import type { Zoom } from "./useZoom";
import type { MaskView } from "./view";

const HEIGHT = "clamp(280px, calc(100vh - 480px), 620px)";

interface BesideProps {
  run: Run;
  /** The id of the other run. */
  other: string;
  view: MaskView;
  order: RunSearch["order"];
  zoom: Zoom;
  onPick: (cell: [number, number]) => void;
}

/** The same layer, task and window of two runs of one network, and how their masks differ, in a picture and in
numbers. */
export function Beside({ run, other, view, order, zoom, onPick }: BesideProps) {
  const { layer, step, layout, picture } = view;
  const { data, error } = useQuery(masksBesideQuery(run.id, other, step.task));
  if (error)
    return (
      <Message title="These masks cannot stand side by side" tone="plain">
        {messageOf(error)}
      </Message>
    );
  if (!data) return <Skeleton height={420} radius={6} role="status" aria-label="The other run is loading" />;
  const shared = { view, order, zoom, onPick, height: HEIGHT };
  return (
    <>
      <div className={classes.sides} data-testid="side-by-side">
        <MaskPicture run={run.id} name={data.first} {...shared} />
        <MaskPicture run={other} name={data.second} {...shared} />
      </div>
      <Figure
        key={`${picture}/runs`}
        name="mask_runs"
        title={`Where the masks of ${layer} differ, ${stepInWords(step)}`}
        runs={[run.id]}
        params={{
          layer,
          task: step.task,
          round: step.round,
          size: 256,
          order: view.kind === "mask" ? order : undefined,
          layout,
          beside: other,
          ...zoom.part,
        }}
        height={HEIGHT}
        onZoom={zoom.onRange}
        onPick={(x, y) => onPick([Math.round(y), Math.round(x)])}
        mark={view.cell}
      />
      <InNumbers data={data} />
    </>
  );
}

/** Layer by layer: what either keeps alone, what both keep, and how far that is more than chance. */
function InNumbers({ data }: { data: MasksBeside }) {
  const share = (number: number, total: number) => (
    <Table.Td ta="right" title={count(number)}>
      {percent(number / total)}
    </Table.Td>
  );
  return (
    <section className={`panel ${classes.numbers}`} aria-label="The masks in numbers">
      <p>{data.sentence}</p>
      <Table.ScrollContainer minWidth={560}>
        <Table fz={13} verticalSpacing={4} horizontalSpacing="lg" w="auto" data-testid="masks-in-numbers">
          <Table.Thead>
            <Table.Tr>
              <Table.Th ta="left">Layer</Table.Th>
              <Table.Th ta="right">Kept by both</Table.Th>
              <Table.Th ta="right" title={data.first}>
                Only this run
              </Table.Th>
              <Table.Th ta="right" title={data.second}>
                Only the other
              </Table.Th>
              <Table.Th ta="right">Free in both</Table.Th>
              <Table.Th ta="right">Agree</Table.Th>
              <Table.Th ta="right">By chance</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {data.layers.map((row) => (
              <Table.Tr key={row.layer}>
                <Table.Th scope="row" ta="left">
                  {row.layer}
                </Table.Th>
                {share(row.both, row.total)}
                {share(row.first, row.total)}
                {share(row.second, row.total)}
                {share(row.neither, row.total)}
                <Table.Td ta="right">{percent(row.alike)}</Table.Td>
                <Table.Td ta="right">{percent(row.by_chance)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </section>
  );
}
