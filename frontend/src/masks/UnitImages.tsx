import { Button, Skeleton, useComputedColorScheme } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { messageOf } from "../api/client";
import { unitsQuery } from "../api/queries";
import type { ArrayKind, Run, UnitArrays } from "../api/types";
import { ExportButton } from "../paper/ExportButton";
import { count, percent, plural, short } from "../text/numbers";
import classes from "./MasksTab.module.css";
import { largest, paint } from "./paint";

interface UnitImagesProps {
  run: Run;
  layer: Run["plan"]["layers"][number] | undefined;
  task: number;
  round: number;
  kind: ArrayKind;
}

const AT_ONCE = 48;
const SHARES: ReadonlySet<ArrayKind> = new Set<ArrayKind>(["mask", "owner"]);
const SUMS = {
  mask: "Pixels kept, by whichever task",
  owner: "",
  importance: "Importance of each pixel",
  weight: "Weight of each pixel",
};

/** A first layer on images: what each unit looks at, with the pixels where they are in the image. */
export function UnitImages({ run, layer, task, round, kind }: UnitImagesProps) {
  const [first, setFirst] = useState(0);
  const looksAtImages = Boolean(layer?.image_shape);
  const query = useQuery({
    ...unitsQuery(run.id, { task, layer: layer?.name ?? "", of: kind, round, first, count: AT_ONCE }),
    enabled: looksAtImages,
  });
  if (!layer || !looksAtImages) return null;
  const units = layer.shape[0] ?? 0;
  const data = query.data;
  return (
    <section className={`panel ${classes.units}`} aria-label="Units as images" data-testid="units">
      <div className={classes.unitsHead}>
        <div>
          <h2 style={{ fontSize: 13 }}>What each unit looks at, pixel by pixel</h2>
          <p>
            {data?.permuted
              ? `The permutation of task ${task} is undone: every pixel stands where it is in the image.`
              : "Every pixel stands where it is in the image."}{" "}
            {kind === "mask" && "Teal is kept, the ground is free."}
            {kind === "owner" && `Teal is what task ${task} has claimed.`}
            {kind === "weight" && "Teal is positive, orange negative."}
          </p>
        </div>
        {units > AT_ONCE && <Pager first={first} units={units} onFirst={setFirst} />}
        <ExportButton
          title="Units as images"
          disabled={!data}
          subject={{
            name: "unit_images",
            runs: [run.id],
            params: { layer: layer.name, task, round, of: kind },
            hidden: [],
          }}
        />
      </div>
      {query.error ? (
        <p className="quiet">{messageOf(query.error)}</p>
      ) : !data ? (
        <Skeleton height={200} radius={4} />
      ) : (
        <Gallery data={data} task={task} kind={kind} units={units} />
      )}
    </section>
  );
}

interface PagerProps {
  first: number;
  units: number;
  onFirst: (first: number) => void;
}

function Pager({ first, units, onFirst }: PagerProps) {
  const next = first + AT_ONCE;
  return (
    <div className={classes.pager}>
      <Button variant="default" disabled={first === 0} onClick={() => onFirst(Math.max(0, first - AT_ONCE))}>
        Before
      </Button>
      <span className="quiet">
        {first} … {Math.min(units, next) - 1} of {plural(units, "unit")}
      </span>
      <Button variant="default" disabled={next >= units} onClick={() => onFirst(next)}>
        After
      </Button>
    </div>
  );
}

interface GalleryProps {
  data: UnitArrays;
  task: number;
  kind: ArrayKind;
  /** Of the whole layer. */
  units: number;
}

/** What all units together look at, beside the units one by one. */
function Gallery({ data, task, kind, units }: GalleryProps) {
  const most = SHARES.has(kind) ? 1 : Math.max(...data.images.map(largest), 0);
  const claims = data.claimed && largest(data.claimed) > 0;
  return (
    <>
      {data.claimed && !claims && (
        <p className="quiet">
          Task {task} owns no weight of this layer. A task claims weights when it is pruned, and the last one
          is not.
        </p>
      )}
      <div className={classes.gallery}>
        <div className={classes.sums}>
          {data.claimed && claims && (
            <Sum
              image={data.claimed}
              title={`Pixels that task ${task} claims`}
              what={`Of the weights of all ${count(units)} units at a pixel, task ${task} owns`}
              share={true}
            />
          )}
          {kind !== "owner" && (
            <Sum
              image={data.total}
              title={SUMS[kind]}
              what={`Mean over all ${count(units)} units:`}
              share={kind === "mask"}
            />
          )}
        </div>
        <div className={classes.grid}>
          {data.images.map((image, index) => (
            <Picture key={data.units[index]} image={image} most={most} label={`Unit ${data.units[index]}`} />
          ))}
        </div>
      </div>
    </>
  );
}

interface SumProps {
  image: number[][];
  title: string;
  what: string;
  share: boolean;
}

/** Over all units, with the numbers between which its colours run. */
function Sum({ image, title, what, share }: SumProps) {
  const values = image.flat();
  const inWords = (value: number) => (share ? percent(value) : short(value));
  return (
    <figure>
      <figcaption className={classes.sumTitle}>{title}</figcaption>
      <Picture image={image} most={largest(image)} label={title} />
      <figcaption>
        {what} {inWords(Math.min(...values))} to {inWords(Math.max(...values))}.
      </figcaption>
    </figure>
  );
}

function Picture({ image, most, label }: { image: number[][]; most: number; label: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const scheme = useComputedColorScheme("light");
  useEffect(() => {
    if (canvas.current) paint(canvas.current, image, most, scheme);
  }, [image, most, scheme]);
  return <canvas ref={canvas} className={classes.image} role="img" aria-label={label} title={label} />;
}
