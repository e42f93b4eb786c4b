import { Popover, UnstyledButton, useComputedColorScheme } from "@mantine/core";
import { useState } from "react";
import type { Comparison } from "../api/types";
import { Swatch } from "../plot/Swatch";
import classes from "./ColorChoice.module.css";

interface ColorChoiceProps {
  column: Comparison["columns"][number];
  label: string;
  colors: Comparison["colors"];
  /** Methods by the place of the colour that they have. */
  taken: ReadonlyMap<number, string>;
  isChosen: boolean;
  onChoose: (slot: number | undefined) => void;
}

/** The colour of a method, in all figures; another one is chosen here. */
export function ColorChoice({ column, label, colors, taken, isChosen, onChoose }: ColorChoiceProps) {
  const dark = useComputedColorScheme("light") === "dark";
  const [opened, setOpened] = useState(false);
  const choose = (slot: number | undefined) => {
    setOpened(false);
    onChoose(slot);
  };
  return (
    <Popover opened={opened} onChange={setOpened} shadow="md" withinPortal trapFocus width={232}>
      <Popover.Target>
        <UnstyledButton
          className={classes.target}
          aria-label={`Colour of ${label}`}
          onClick={() => setOpened(!opened)}
        >
          <Swatch color={dark ? column.color_dark : column.color} dash={column.dash} symbol={column.symbol} />
        </UnstyledButton>
      </Popover.Target>
      <Popover.Dropdown>
        <div className={classes.colors} role="group" aria-label="Colours">
          {colors.map(({ name, light, dark: onDark }, slot) => {
            const other = slot === column.slot ? undefined : taken.get(slot);
            return (
              <UnstyledButton
                key={name}
                className={classes.color}
                style={{ background: dark ? onDark : light }}
                aria-label={other ? `${name}, now of ${other}` : name}
                title={other ? `${name}, now of ${other}` : name}
                aria-pressed={slot === column.slot}
                onClick={() => choose(slot)}
              />
            );
          })}
        </div>
        {isChosen && (
          <UnstyledButton className={classes.own} onClick={() => choose(undefined)}>
            Its own colour again
          </UnstyledButton>
        )}
      </Popover.Dropdown>
    </Popover>
  );
}
