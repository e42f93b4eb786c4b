import { Button, CopyButton, Modal, NumberInput, SegmentedControl, Select } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconCheck, IconDownload, IconTerminal2 } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { type ReactNode, useEffect, useMemo, useState } from "react";
import { messageOf } from "../api/client";
import { saveBlob } from "../plot/save";
import classes from "./PaperDialog.module.css";
import { pdfOf, pngOf } from "./print";
import { addressOf, commandOf, FORMS, remembered, type Settings, type Subject, widthOf } from "./sheet";
import { type Drawn, useDrawn } from "./useDrawn";

const KEPT = "anpyc-paper";
const NAMES = { pdf: "PDF", svg: "SVG", png: "PNG", csv: "CSV", json: "Plotly" } as const;
const WIDTHS = [
  { value: "1", label: "1 column" },
  { value: "2", label: "2 columns" },
  { value: "0", label: "Other" },
];
const FONTS = [
  { value: "sans", label: "Sans serif (Arimo, as Helvetica)" },
  { value: "serif", label: "Serif (Tinos, as Times)" },
  { value: "stix", label: "STIX Two" },
];

interface PaperDialogProps {
  title: string;
  subject: Subject;
  onClose: () => void;
}

/** A figure for a paper, seen as it will be printed before it is taken away. */
export function PaperDialog({ title, subject, onClose }: PaperDialogProps) {
  const [settings, setSettings] = useState(() => remembered(localStorage.getItem(KEPT)));
  const set = (change: Partial<Settings>) => setSettings((before) => ({ ...before, ...change }));
  useEffect(() => localStorage.setItem(KEPT, JSON.stringify(settings)), [settings]);
  const [asked] = useDebouncedValue(settings, 200);
  const drawn = useDrawn(subject, asked);
  const saving = useMutation({ mutationFn: () => save(subject, settings, drawn.data) });
  const filename = drawn.data?.figure.layout.meta.paper.filename ?? subject.name;
  const failure = drawn.error ?? saving.error;
  return (
    <Modal opened onClose={onClose} title={`Export: ${title}`} size="min(1060px, 96vw)">
      <div className={classes.dialog}>
        <form className={classes.choices} onSubmit={(event) => event.preventDefault()}>
          <Row label="Format">
            <SegmentedControl
              aria-label="Format"
              data={FORMS.map((value) => ({ value, label: NAMES[value] }))}
              value={settings.form}
              onChange={(form) => set({ form })}
            />
          </Row>
          {settings.form !== "csv" && <Size settings={settings} drawn={drawn.data} onChange={set} />}
          {settings.form === "png" && (
            <Row label="Dots for each of a screen">
              <SegmentedControl
                aria-label="Dots for each of a screen"
                data={["1", "2", "4", "6"].map((value) => ({ value, label: `${value}×` }))}
                value={String(settings.scale)}
                onChange={(scale) => set({ scale: Number(scale) })}
              />
            </Row>
          )}
          <p className={classes.note}>{NOTES[settings.form]}</p>
        </form>
        <div className={classes.preview}>
          <div className={classes.sheet} data-testid="paper-preview">
            {failure ? (
              <p role="alert">{messageOf(failure)}</p>
            ) : (
              <Preview drawn={drawn.data} title={title} />
            )}
          </div>
          <div className={classes.actions}>
            <CopyButton value={commandOf(subject, settings, filename)}>
              {({ copied, copy }) => (
                <Button
                  variant="default"
                  onClick={copy}
                  leftSection={copied ? <IconCheck size={14} /> : <IconTerminal2 size={14} />}
                >
                  {copied ? "Copied" : "Copy as command"}
                </Button>
              )}
            </CopyButton>
            <Button
              data-autofocus
              loading={saving.isPending || drawn.isPlaceholderData}
              disabled={!drawn.data}
              onClick={() => saving.mutate()}
              leftSection={<IconDownload size={14} />}
            >
              Download {NAMES[settings.form]}
            </Button>
          </div>
        </div>
      </div>
    </Modal>
  );
}

const NOTES: Record<Settings["form"], string> = {
  pdf: "Lines and words stay lines and words; the font is in the file.",
  svg: "Lines and words stay lines and words; the font is in the file.",
  png: "Dots on white.",
  csv: "The numbers that are drawn, with their units.",
  json: "The figure as Plotly reads it, laid out for this size.",
};

interface SizeProps {
  settings: Settings;
  drawn: Drawn | undefined;
  onChange: (change: Partial<Settings>) => void;
}

function Size({ settings, drawn, onChange }: SizeProps) {
  const suits = drawn?.figure.layout.meta.paper.height_mm;
  return (
    <>
      <Row label="Width">
        <SegmentedControl
          aria-label="Width"
          data={WIDTHS}
          value={settings.columns}
          onChange={(columns) => onChange({ columns: columns as Settings["columns"] })}
        />
      </Row>
      <div className={classes.pair}>
        <NumberInput
          label="Width, mm"
          hideControls
          min={20}
          max={500}
          clampBehavior="blur"
          value={widthOf(settings)}
          onChange={(value) =>
            typeof value === "number" && value >= 20 && onChange({ columns: "0", width_mm: value })
          }
        />
        <NumberInput
          label="Height, mm"
          hideControls
          min={15}
          max={500}
          placeholder={suits ? `${Math.round(suits)}, as suits it` : "as suits it"}
          value={settings.height_mm ?? ""}
          onChange={(value) =>
            onChange({ height_mm: typeof value === "number" && value >= 15 ? value : null })
          }
        />
      </div>
      <Select
        label="Font"
        data={FONTS}
        allowDeselect={false}
        value={settings.font}
        onChange={(font) => font && onChange({ font: font as Settings["font"] })}
      />
      <NumberInput
        label="Size of all words, pt"
        hideControls
        min={4}
        max={24}
        decimalScale={1}
        value={settings.font_size}
        onChange={(value) =>
          typeof value === "number" && value >= 4 && value <= 24 && onChange({ font_size: value })
        }
      />
    </>
  );
}

function Preview({ drawn, title }: { drawn: Drawn | undefined; title: string }) {
  const svg = drawn?.svg;
  const address = useMemo(
    () => svg && URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" })),
    [svg],
  );
  useEffect(() => () => void (address && URL.revokeObjectURL(address)), [address]);
  if (!drawn || !address)
    return (
      <p className="quiet" role="status">
        The figure is being drawn.
      </p>
    );
  const { width_mm, height_mm } = drawn.figure.layout.meta.paper;
  return (
    <img
      src={address}
      alt={`${title}, as printed`}
      style={{ width: `${width_mm}mm`, aspectRatio: `${width_mm} / ${height_mm}` }}
    />
  );
}

/** Drawn here: the server needs nothing to draw with. */
async function save(subject: Subject, settings: Settings, drawn: Drawn | undefined): Promise<void> {
  if (!drawn) return;
  const { svg, figure, font } = drawn;
  const sheet = figure.layout.meta.paper;
  const name = `${sheet.filename}.${settings.form}`;
  if (settings.form === "csv") {
    const response = await fetch(addressOf(subject, settings, "csv"));
    saveBlob(name, await response.blob());
  } else if (settings.form === "pdf")
    saveBlob(name, new Blob([await pdfOf(svg, sheet, font)], { type: "application/pdf" }));
  else if (settings.form === "png") saveBlob(name, await pngOf(svg, sheet, font, settings.scale));
  else if (settings.form === "svg") saveBlob(name, new Blob([svg], { type: "image/svg+xml" }));
  else saveBlob(name, new Blob([JSON.stringify(figure)], { type: "application/json" }));
}

function Row({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className={classes.row}>
      <span aria-hidden>{label}</span>
      {children}
    </div>
  );
}
