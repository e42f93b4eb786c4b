import { Button, Skeleton, useComputedColorScheme } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { messageOf } from "../api/client";
import { unitsQuery } from "../api/queries";
import type { ArrayKind, Run } from "../api/types";
import { count, percent, plural, short } from "../text/numbers";
import classes from "./MasksTab.module.css";
import { largest, paint } from "./paint";

interface UnitImagesProps {
  run: Run;
  layer: Run["plan"]["layers"][number] | undefined;
  task: number;
  round: number;
  of: ArrayKind;
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
export function UnitImages({ run, layer, task, round, of }: UnitImagesProps) {
  const [first, setFirst] = useState(0);
  const looksAtImages = Boolean(layer?.image_shape);
  const query = useQuery({
    ...unitsQuery(run.id, { task, layer: layer?.name ?? "", of, round, first, count: AT_ONCE }),
    enabled: looksAtImages,
  });
  if (!layer || !looksAtImages) return null;
  const units = layer.shape[0] ?? 0;
  const data = query.data;
  const most = data ? (SHARES.has(of) ? 1 : Math.max(...data.images.map(largest), 0)) : 1;
  return (
    <section className={`panel ${classes.units}`} aria-label="Units as images" data-testid="units">
      <div className={classes.unitsHead}>
        <div>
          <h2 style={{ fontSize: 13 }}>What each unit looks at, pixel by pixel</h2>
          <p>
            {data?.permuted
              ? `The permutation of task ${task} is undone: every pixel stands where it is in the image.`
              : "Every pixel stands where it is in the image."}{" "}
            {of === "mask" && "Teal is kept, the ground is free."}
            {of === "owner" && `Teal is what task ${task} has claimed.`}
            {of === "weight" && "Teal is positive, orange negative."}
          </p>
        </div>
        {units > AT_ONCE && (
          <>
            <Button
              variant="default"
              disabled={first === 0}
              onClick={() => setFirst(Math.max(0, first - AT_ONCE))}
            >
              Before
            </Button>
            <span className="quiet">
              {first} … {Math.min(units, first + AT_ONCE) - 1} of {plural(units, "unit")}
            </span>
            <Button
              variant="default"
              disabled={first + AT_ONCE >= units}
              onClick={() => setFirst(first + AT_ONCE)}
            >
              After
            </Button>
          </>
        )}
      </div>
      {query.error ? (
        <p className="quiet">{messageOf(query.error)}</p>
      ) : !data ? (
        <Skeleton height={200} radius={4} />
      ) : (
        <div className={classes.gallery}>
          <div className={classes.sums}>
            {data.claimed && largest(data.claimed) > 0 && (
              <Sum
                image={data.claimed}
                title={`Pixels that task ${task} claims`}
                what={`Of the weights of all ${count(units)} units at a pixel, task ${task} owns`}
                share={true}
              />
            )}
            {data.claimed && largest(data.claimed) === 0 && (
              <p className="quiet">
                Task {task} owns no weight of this layer. A task claims weights when it is pruned, and the
                last one is not.
              </p>
            )}
            {of !== "owner" && (
              <Sum
                image={data.total}
                title={SUMS[of]}
                what={`Mean over all ${count(units)} units:`}
                share={of === "mask"}
              />
            )}
          </div>
          <div className={classes.grid}>
            {data.images.map((image, index) => (
              <Picture
                key={data.units[index]}
                image={image}
                most={most}
                label={`Unit ${data.units[index]}`}
              />
            ))}
          </div>
        </div>
      )}
    </section>
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
