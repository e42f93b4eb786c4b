import { ActionIcon, Slider } from "@mantine/core";
import { IconPlayerPauseFilled, IconPlayerPlayFilled, IconPlayerSkipForward } from "@tabler/icons-react";
import classes from "./MasksTab.module.css";
import { type Step, stepInWords } from "./steps";

interface TimeSliderProps {
  steps: Step[];
  at: number;
  /** What is followed as it comes, where no step is chosen. */
  followed: string | null;
  /** What the button at the end follows. */
  follow: string;
  playing: boolean;
  onGo: (at: number) => void;
  onPlay: () => void;
  onNewest: () => void;
}

/** Over tasks and pruning rounds, by hand or played; tasks begin at the marks. */
export function TimeSlider({
  steps,
  at,
  followed,
  follow,
  playing,
  onGo,
  onPlay,
  onNewest,
}: TimeSliderProps) {
  const step = steps[at];
  return (
    <div className={classes.time}>
      <div className={classes.label}>
        <span data-testid="mask-step">{step ? stepInWords(step) : ""}</span>
        <span className="quiet">
          {" "}
          {at + 1} of {steps.length}
          {followed && `, ${followed}`}
        </span>
      </div>
      <div className={classes.slider}>
        <ActionIcon
          aria-label={playing ? "Pause" : "Play over tasks and rounds"}
          variant="default"
          disabled={steps.length < 2}
          onClick={onPlay}
        >
          {playing ? <IconPlayerPauseFilled size={14} /> : <IconPlayerPlayFilled size={14} />}
        </ActionIcon>
        <Slider
          aria-label="Task and round"
          thumbLabel="Task and round"
          className={classes.track}
          size={4}
          min={0}
          max={Math.max(1, steps.length - 1)}
          value={at}
          disabled={steps.length < 2}
          onChange={onGo}
          label={(value) => stepInWords(steps[value] ?? { task: 0, round: 0 })}
          marks={steps.flatMap(({ task }, i) =>
            i === 0 || task !== steps[i - 1]?.task ? [{ value: i }] : [],
          )}
        />
        <ActionIcon
          aria-label={`Follow ${follow}`}
          title={`Follow ${follow}`}
          variant={followed ? "filled" : "default"}
          color="var(--accent-fill)"
          onClick={onNewest}
        >
          <IconPlayerSkipForward size={14} />
        </ActionIcon>
      </div>
    </div>
  );
}
