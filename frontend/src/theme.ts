import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from "@mantine/core";

export const FONT = '"Inter Variable", system-ui, -apple-system, "Segoe UI", "Liberation Sans", sans-serif';

const blue: MantineColorsTuple = [
  "#eef3fd",
  "#dce6fa",
  "#b9cdf5",
  "#93b1ef",
  "#7298ea",
  "#5a85e3",
  "#3f6ed8",
  "#2456c8",
  "#1c48ab",
  "#153a8d",
];

/** Warm greys, so that nothing on the page is bluer than its ground. */
const gray: MantineColorsTuple = [
  "#f6f4f0",
  "#f0eee9",
  "#e7e4de",
  "#dedad3",
  "#cfcbc3",
  "#b3aea5",
  "#857f76",
  "#5f6670",
  "#474f59",
  "#2a2f35",
];
const dark: MantineColorsTuple = [
  "#e9e7e2",
  "#b6bcc3",
  "#8d96a0",
  "#5d6771",
  "#414953",
  "#2a3037",
  "#1f242a",
  "#181c20",
  "#111417",
  "#0d0f12",
];

/** Mantine, drawn in the page's own tokens: dense, hairlines instead of shadows, one accent. */
export const theme = createTheme({
  fontFamily: FONT,
  fontFamilyMonospace: "var(--font-mono)",
  colors: { blue, gray, dark },
  primaryColor: "blue",
  primaryShade: { light: 7, dark: 4 },
  defaultRadius: 5,
  cursorType: "pointer",
  respectReducedMotion: true,
  focusRing: "auto",
  fontSizes: { xs: "12px", sm: "13px", md: "14px", lg: "16px", xl: "18px" },
  components: {
    Button: { defaultProps: { size: "xs" } },
    ActionIcon: { defaultProps: { variant: "subtle", color: "gray", size: 28 } },
    TextInput: { defaultProps: { size: "xs" } },
    Textarea: { defaultProps: { size: "xs" } },
    Select: { defaultProps: { size: "xs", checkIconPosition: "right" } },
    MultiSelect: { defaultProps: { size: "xs" } },
    TagsInput: { defaultProps: { size: "xs" } },
    SegmentedControl: { defaultProps: { size: "xs" } },
    Checkbox: { defaultProps: { size: "xs" } },
    Switch: { defaultProps: { size: "xs" } },
    Tooltip: { defaultProps: { openDelay: 300, fz: 12, maw: 340, multiline: true, withinPortal: true } },
    Menu: { defaultProps: { shadow: "md", position: "bottom-end", withinPortal: true } },
    Notification: { defaultProps: { closeButtonProps: { "aria-label": "Close" } } },
    Modal: {
      defaultProps: { transitionProps: { duration: 80 }, closeButtonProps: { "aria-label": "Close" } },
    },
  },
});

export const cssVariables: CSSVariablesResolver = () => {
  const shared = {
    "--mantine-color-body": "var(--page)",
    "--mantine-color-text": "var(--ink)",
    "--mantine-color-dimmed": "var(--ink-3)",
    "--mantine-color-placeholder": "var(--ink-3)",
    "--mantine-color-default": "var(--surface)",
    "--mantine-color-default-hover": "var(--hover)",
    "--mantine-color-default-color": "var(--ink)",
    "--mantine-color-default-border": "var(--line-strong)",
    "--mantine-color-error": "var(--danger)",
    "--mantine-color-anchor": "var(--accent)",
    "--mantine-color-gray-light": "var(--sunken)",
    "--mantine-color-gray-light-hover": "var(--hover)",
    "--mantine-primary-color-filled": "var(--accent-fill)",
    "--mantine-primary-color-filled-hover": "var(--accent-hover)",
  };
  return { variables: {}, light: shared, dark: shared };
};
