import { Select, UnstyledButton } from "@mantine/core";
import { IconChevronRight } from "@tabler/icons-react";
import { useId, useState } from "react";
import { chosen, type Draft, variantsOf } from "./draft";
import { FieldInput, Help } from "./FieldInput";
import classes from "./Form.module.css";
import type { Node, Option, Part } from "./schema";

interface SpecFormProps {
  nodes: Node[];
  draft: Draft;
  problems: ReadonlyMap<string, string>;
  changed: ReadonlySet<string>;
  onChange: (key: string, value: string | boolean) => void;
}

/** Few kinds stand as cards, many in a list. */
const CARDS = 4;

/** The specification as a form: one section per part, the fields of the chosen kind in it. */
export function SpecForm(props: SpecFormProps) {
  const { nodes } = props;
  const parts = nodes.filter((node): node is Part => node.type === "part");
  const strategy = parts.filter((part) => part.path === "strategy");
  const others = parts.filter((part) => part.path !== "strategy");
  const fields = nodes.filter((node) => node.type !== "part");
  return (
    <>
      {[...strategy, ...others].map((part) => (
        <PartSection key={part.key} part={part} {...props} />
      ))}
      <section className={classes.section} aria-label="The run">
        <div className={classes.sectionHead}>
          <h2>The run</h2>
        </div>
        <Fields {...props} nodes={fields} />
      </section>
    </>
  );
}

function PartSection({ part, ...props }: SpecFormProps & { part: Part }) {
  const heading = useId();
  const option = chosen(part, props.draft);
  return (
    <section className={classes.section} aria-labelledby={heading} data-part={part.path}>
      <div className={classes.sectionHead}>
        <h2 id={heading}>{part.title}</h2>
        <p>
          <Help text={part.help} />
        </p>
      </div>
      <KindPicker part={part} option={option} {...props} />
      {option && <VariantPicker option={option} {...props} />}
      {option && <Fields {...props} nodes={option.nodes} key={option.kind} />}
    </section>
  );
}

function KindPicker({
  part,
  option,
  onChange,
  problems,
}: SpecFormProps & { part: Part; option: Option | undefined }) {
  if (part.options.length < 2) return null;
  const problem = problems.get(`${part.path}.kind`) ?? problems.get(part.path);
  if (part.options.length <= CARDS)
    return (
      <div
        role="radiogroup"
        aria-label={part.title}
        className={classes.kinds}
        data-testid={`field-${part.path}.kind`}
      >
        {part.options.map(({ kind, title, help }) => (
          <UnstyledButton
            key={kind}
            role="radio"
            aria-checked={kind === option?.kind}
            className={classes.kind}
            onClick={() => onChange(part.key, kind)}
          >
            <strong>{title}</strong>
            <span>
              <Help text={help} />
            </span>
          </UnstyledButton>
        ))}
        {problem && <p className={classes.error}>{problem}</p>}
      </div>
    );
  return (
    <Select
      aria-label={part.title}
      data-testid={`field-${part.path}.kind`}
      size="sm"
      searchable
      allowDeselect={false}
      value={option?.kind ?? null}
      error={problem}
      description={option && <Help text={option.help} />}
      inputWrapperOrder={["input", "error", "description"]}
      onChange={(kind) => kind && onChange(part.key, kind)}
      data={part.options.map(({ kind, title }) => ({ value: kind, label: title }))}
      maxDropdownHeight={420}
      renderOption={({ option: { value, label } }) => (
        <span className={classes.kindOption}>
          <strong>{label}</strong>
          <span>{part.options.find(({ kind }) => kind === value)?.help}</span>
        </span>
      )}
    />
  );
}

/** One click to other known settings of a kind, such as a method's published form. */
function VariantPicker({ option, draft, onChange }: SpecFormProps & { option: Option }) {
  const variants = variantsOf(option);
  if (variants.length === 0) return null;
  return (
    <div className={classes.variants} role="group" aria-label={`Settings of ${option.title}`}>
      {variants.map(({ name, draft: wanted }) => (
        <UnstyledButton
          key={name}
          className={classes.variant}
          aria-pressed={Object.entries(wanted).every(([key, value]) => draft[key] === value)}
          onClick={() => {
            for (const [key, value] of Object.entries(wanted)) onChange(key, value);
          }}
        >
          {name}
        </UnstyledButton>
      ))}
    </div>
  );
}

/** A list of fields, those for experts folded away unless one of them needs attention. */
function Fields(props: SpecFormProps) {
  const usual = props.nodes.filter((node) => !node.advanced);
  const advanced = props.nodes.filter((node) => node.advanced);
  const [opened, setOpened] = useState(false);
  const shown = opened || advanced.some((node) => needsAttention(node, props));
  const heading = useId();
  if (props.nodes.length === 0) return null;
  return (
    <>
      {usual.length > 0 && (
        <div className={classes.fields}>
          {usual.map((node) => (
            <NodeInput key={node.key} node={node} {...props} />
          ))}
        </div>
      )}
      {advanced.length > 0 && (
        <>
          <button
            type="button"
            className={classes.fold}
            aria-expanded={shown}
            aria-controls={heading}
            onClick={() => setOpened(!shown)}
          >
            <IconChevronRight size={14} aria-hidden />
            {advanced.length} more {advanced.length === 1 ? "setting" : "settings"}
            {!shown && (
              <span className="quiet"> · {advanced.map((node) => node.title.toLowerCase()).join(", ")}</span>
            )}
          </button>
          {shown && (
            <div className={classes.fields} id={heading}>
              {advanced.map((node) => (
                <NodeInput key={node.key} node={node} {...props} />
              ))}
            </div>
          )}
        </>
      )}
    </>
  );
}

function needsAttention(node: Node, { problems, changed }: SpecFormProps): boolean {
  const below = (path: string) => path === node.path || path.startsWith(`${node.path}.`);
  return [...problems.keys(), ...changed].some(below);
}

function NodeInput({ node, ...props }: SpecFormProps & { node: Node }) {
  if (node.type === "part") {
    const option = chosen(node, props.draft);
    return (
      <div className={classes.nested} role="group" aria-label={node.title}>
        <Select
          label={node.title}
          data-testid={`field-${node.path}.kind`}
          description={<Help text={option?.help || node.help} />}
          inputWrapperOrder={["label", "input", "error", "description"]}
          classNames={{ description: classes.help }}
          value={option?.kind ?? null}
          allowDeselect={false}
          error={props.problems.get(`${node.path}.kind`)}
          onChange={(kind) => kind && props.onChange(node.key, kind)}
          data={node.options.map(({ kind, title }) => ({ value: kind, label: title }))}
        />
        {option?.nodes.map((inner) => (
          <NodeInput key={inner.key} node={inner} {...props} />
        ))}
      </div>
    );
  }
  return (
    <FieldInput
      field={node}
      value={props.draft[node.key] ?? ""}
      problem={props.problems.get(node.path)}
      changed={props.changed.has(node.path)}
      onChange={(value) => props.onChange(node.key, value)}
    />
  );
}
