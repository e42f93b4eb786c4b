import { MultiSelect, SegmentedControl, Select, Switch, Textarea, TextInput } from "@mantine/core";
import { type KeyboardEvent, type ReactNode, useId } from "react";
import { numbersIn } from "./draft";
import classes from "./Form.module.css";
import { type Bounds, type ChoiceField, type Field, type NumberField, titleOf } from "./schema";

export interface FieldProps<F extends Field> {
  field: F;
  value: string | boolean;
  problem: string | undefined;
  changed: boolean;
  onChange: (value: string | boolean) => void;
}

/** Choices up to this many stand side by side. */
const SIDE_BY_SIDE = 3;

/** Backticks in a help text mark code. */
export function Help({ text }: { text: string }): ReactNode {
  return (
    text
      .split("`")
      // biome-ignore lint/suspicious/noArrayIndexKey: pieces of one fixed text.
      .map((piece, index) => (index % 2 ? <code key={index}>{piece}</code> : piece))
  );
}

function boundsInWords({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: Bounds): string {
  const say = (value: number) => (value >= 1e6 ? value.toExponential(0).replace("e+", "e") : String(value));
  const low =
    minimum !== undefined ? say(minimum) : exclusiveMinimum !== undefined ? `> ${say(exclusiveMinimum)}` : "";
  const high =
    maximum !== undefined ? say(maximum) : exclusiveMaximum !== undefined ? `< ${say(exclusiveMaximum)}` : "";
  return low && high ? `${low} … ${high}` : low || high;
}

export function FieldInput(props: FieldProps<Field>) {
  const { field, value, problem, onChange } = props;
  const id = useId();
  const text = typeof value === "string" ? value : "";
  const shared = {
    id,
    "data-path": field.path,
    "data-testid": `field-${field.path}`,
    error: problem,
    label: <Label {...props} id={id} />,
    description: <Help text={field.help} />,
    inputWrapperOrder: ["label", "input", "error", "description"] as (
      | "label"
      | "input"
      | "error"
      | "description"
    )[],
    classNames: { description: classes.help, error: classes.error, root: classes.field },
  };
  switch (field.type) {
    case "flag":
      return (
        <Switch
          {...{ id, label: field.title, description: shared.description, error: problem }}
          data-path={field.path}
          data-testid={`field-${field.path}`}
          classNames={{ root: classes.field, description: classes.help }}
          checked={value === true}
          onChange={(event) => onChange(event.currentTarget.checked)}
        />
      );
    case "choice":
      return field.choices.length <= SIDE_BY_SIDE && !field.nullable ? (
        <ChoiceButtons {...props} field={field} />
      ) : (
        <Select
          {...shared}
          value={text || null}
          onChange={(choice) => onChange(choice ?? "")}
          clearable={field.nullable}
          allowDeselect={false}
          data={field.choices.map((choice) => ({ value: choice, label: titleOf(choice) }))}
        />
      );
    case "number":
      return (
        <TextInput
          {...shared}
          inputMode={field.whole ? "numeric" : "decimal"}
          autoComplete="off"
          value={text}
          placeholder={field.nullable ? "none" : ""}
          onChange={(event) => onChange(event.currentTarget.value)}
          onKeyDown={(event) => step(event, field, text, onChange)}
          {...unitOf(field.unit)}
        />
      );
    case "numbers":
      return (
        <TextInput
          {...shared}
          autoComplete="off"
          value={text}
          onChange={(event) => onChange(event.currentTarget.value)}
          {...unitOf(field.unit)}
        />
      );
    case "choices":
      return (
        <MultiSelect
          {...shared}
          value={text === "" ? [] : text.split(", ")}
          onChange={(taken) => onChange(taken.join(", "))}
          hidePickedOptions
          data={field.choices.map((choice) => ({
            value: choice,
            label: field.labels[choice] ?? titleOf(choice),
          }))}
        />
      );
    case "text":
      return (
        <TextInput
          {...shared}
          dir="auto"
          autoComplete="off"
          value={text}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      );
    case "raw":
      return (
        <Textarea
          {...shared}
          autosize
          minRows={2}
          maxRows={8}
          className={classes.raw}
          value={text}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      );
  }
}

/** Few choices stand side by side. */
function ChoiceButtons({ field, value, problem, changed, onChange }: FieldProps<ChoiceField>) {
  const id = useId();
  return (
    <div className={classes.field} data-path={field.path}>
      <div className={classes.label} id={`${id}-label`}>
        <Label {...{ field, changed, id }} />
      </div>
      <SegmentedControl
        aria-labelledby={`${id}-label`}
        data-testid={`field-${field.path}`}
        fullWidth
        value={typeof value === "string" ? value : ""}
        onChange={onChange}
        data={field.choices.map((choice) => ({ value: choice, label: titleOf(choice) }))}
      />
      {problem && <p className={classes.error}>{problem}</p>}
      <p className={classes.help}>
        <Help text={field.help} />
      </p>
    </div>
  );
}

/** The unit at the right end of an input. */
function unitOf(unit: string | undefined) {
  if (!unit) return {};
  return {
    rightSection: <span className={classes.unit}>{unit}</span>,
    rightSectionWidth: unit.length * 7 + 18,
    rightSectionPointerEvents: "none" as const,
  };
}

function Label({ field, changed, id }: Pick<FieldProps<Field>, "field" | "changed"> & { id: string }) {
  const bounds = field.type === "number" ? boundsInWords(field.bounds) : "";
  return (
    <span className={classes.labelText} id={`${id}-text`}>
      {field.title}
      {changed && <span className={classes.changed} title="Differs from the run it is copied from" />}
      {bounds && <span className={classes.bounds}>{bounds}</span>}
    </span>
  );
}

/** Arrow keys step whole numbers by one, with Shift by ten. */
function step(
  event: KeyboardEvent<HTMLInputElement>,
  field: NumberField,
  text: string,
  onChange: (value: string) => void,
): void {
  const direction = event.key === "ArrowUp" ? 1 : event.key === "ArrowDown" ? -1 : 0;
  const values = numbersIn(text);
  if (!direction || !field.whole || values?.length !== 1) return;
  event.preventDefault();
  const next = (values[0] ?? 0) + direction * (event.shiftKey ? 10 : 1);
  const { minimum = -Infinity, maximum = Infinity } = field.bounds;
  onChange(String(Math.min(maximum, Math.max(minimum, next))));
}
