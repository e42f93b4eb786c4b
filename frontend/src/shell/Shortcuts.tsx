import { Modal } from "@mantine/core";
import { Fragment } from "react";
import classes from "./Shortcuts.module.css";

const KEYS: [string, [string[], string][]][] = [
  [
    "Everywhere",
    [
      [["n"], "New run"],
      [["r"], "Runs"],
      [["p"], "Choose a project"],
      [["w"], "Workers and queue"],
      [["?"], "This sheet"],
      [["Esc"], "Close, or leave the search"],
    ],
  ],
  [
    "Runs",
    [
      [["/"], "Filter, or search"],
      [["j"], "Next run"],
      [["k"], "Run before"],
      [["Enter"], "Open the run"],
      [["x"], "Select the run"],
      [["c"], "Compare the selected runs"],
      [["m"], "Move the selected runs, or the run in focus, to a project"],
      [["Shift", "←", "→"], "With a column's head in focus: move the column"],
      [["Shift", "click"], "Select everything between"],
    ],
  ],
  ["New run", [[["Ctrl", "Enter"], "Start"]]],
  [
    "Masks",
    [
      [["←", "→"], "Task before, task after"],
      [["↑", "↓"], "Layer above, layer below"],
      [[",", "."], "Pruning round before, pruning round after"],
      [["Space"], "Play over tasks and rounds"],
      [["+", "−", "0"], "Zoom in, zoom out, the whole layer"],
      [["Shift", "arrows"], "Move over the layer, once zoomed in"],
      [["m"], "Pick the weight in the middle, or let it go"],
    ],
  ],
];

/** Every key that the pages know. */
export function Shortcuts({ onClose }: { onClose: () => void }) {
  return (
    <Modal opened onClose={onClose} title="Keyboard" size="md">
      <div className={classes.sheet}>
        {KEYS.map(([place, keys]) => (
          <section key={place}>
            <h3>{place}</h3>
            <dl>
              {keys.map(([combination, meaning]) => (
                <Fragment key={meaning}>
                  <dt>
                    {combination.map((key) => (
                      <kbd key={key}>{key}</kbd>
                    ))}
                  </dt>
                  <dd>{meaning}</dd>
                </Fragment>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Modal>
  );
}
