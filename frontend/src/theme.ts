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

/** Mantine, drawn in the page's own tokens: dense, hairlines instead of shadows, one accent. */
export const theme = createTheme({
  fontFamily: FONT,
  fontFamilyMonospace: "var(--font-mono)",
  colors: { blue },
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
    Modal: { defaultProps: { transitionProps: { duration: 80 } } },
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
    "--mantine-primary-color-filled": "var(--accent)",
    "--mantine-primary-color-filled-hover": "var(--accent-hover)",
    "--mantine-primary-color-contrast": "var(--on-accent)",
  };
  return { variables: {}, light: shared, dark: shared };
};
