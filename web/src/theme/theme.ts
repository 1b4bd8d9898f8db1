/** The look: a freight depot at dusk. Petrol for what acts, amber for what waits, warm paper and deep green-black. */

import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from "@mantine/core";

const petrol: MantineColorsTuple = [
  "#ebf6f4",
  "#d3ebe6",
  "#a6d8cf",
  "#76c3b7",
  "#4fb1a3",
  "#2c988a",
  "#1a8276",
  "#0f6b61",
  "#0b574f",
  "#07413b",
];

const amber: MantineColorsTuple = [
  "#fff6e3",
  "#fdeac5",
  "#fad592",
  "#f5bd5c",
  "#eda733",
  "#d98b12",
  "#b86f08",
  "#935606",
  "#714105",
  "#4f2d03",
];

const gray: MantineColorsTuple = [
  "#faf9f6",
  "#f2f1ec",
  "#e7e5de",
  "#d9d7ce",
  "#bfbdb2",
  "#98978d",
  "#6f6f67",
  "#565750",
  "#3c3e39",
  "#242724",
];

const dark: MantineColorsTuple = [
  "#dce4e0",
  "#b9c6c0",
  "#93a49d",
  "#6d7f78",
  "#455650",
  "#2f3d38",
  "#222d29",
  "#1a2320",
  "#121917",
  "#0b100f",
];

const red: MantineColorsTuple = [
  "#fdf0ee",
  "#f9dcd7",
  "#f2b8ae",
  "#ea9183",
  "#e2705f",
  "#d4513d",
  "#bb3d2b",
  "#9b2e1f",
  "#7a2217",
  "#561710",
];

/** Where dialogs, menus and lists open: a landmark of its own, so that nothing floats outside of all of them. */
export const FLOATING = "#floating";

export const theme = createTheme({
  colors: { petrol, amber, gray, dark, red },
  primaryColor: "petrol",
  primaryShade: { light: 7, dark: 6 },
  autoContrast: true,
  luminanceThreshold: 0.32,
  white: "#ffffff",
  black: "#1c211f",
  defaultRadius: "md",
  radius: { xs: "4px", sm: "6px", md: "10px", lg: "14px", xl: "20px" },
  fontFamily: '"Figtree Variable", system-ui, -apple-system, "Segoe UI", sans-serif',
  fontFamilyMonospace: 'ui-monospace, "SF Mono", "Cascadia Code", "JetBrains Mono", Menlo, Consolas, monospace',
  headings: {
    fontFamily: '"Figtree Variable", system-ui, sans-serif',
    fontWeight: "650",
    sizes: {
      h1: { fontSize: "1.75rem", lineHeight: "1.2" },
      h2: { fontSize: "1.25rem", lineHeight: "1.3" },
      h3: { fontSize: "1.0625rem", lineHeight: "1.35" },
    },
  },
  cursorType: "pointer",
  respectReducedMotion: true,
  components: {
    Modal: {
      defaultProps: {
        centered: true,
        radius: "lg",
        overlayProps: { backgroundOpacity: 0.5, blur: 3 },
        attributes: { header: { role: "presentation" } },
        portalProps: { target: FLOATING },
      },
    },
    Tooltip: { defaultProps: { withArrow: true, openDelay: 350, events: { hover: true, focus: true, touch: false } } },
    Menu: {
      defaultProps: {
        shadow: "lg",
        radius: "md",
        withInitialFocusPlaceholder: false,
        portalProps: { target: FLOATING },
      },
    },
    Popover: { defaultProps: { portalProps: { target: FLOATING } } },
    Combobox: { defaultProps: { portalProps: { target: FLOATING } } },
  },
});

/** Our own variables beside Mantine's; each pair keeps a contrast of 4.5 on the surfaces where it is used. */
export const variables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    "--mantine-color-body": "#f6f5f1",
    "--mantine-color-text": "#1c211f",
    "--mantine-color-dimmed": "#5f635d",
    "--mantine-color-placeholder": "#6c6f68",
    "--mantine-color-error": "#a83322",
    "--mantine-color-anchor": "#0f6b61",
    "--mantine-color-default": "#ffffff",
    "--mantine-color-default-border": "#dcdad1",
    "--depot-surface": "#ffffff",
    "--depot-sunken": "#efede7",
    "--depot-line": "#e5e3db",
    "--depot-rail": "#eceae3",
    "--depot-accent": "#0f6b61",
    "--depot-accent-soft": "#dff0ec",
    "--depot-amber": "#8a5004",
    "--depot-amber-soft": "#fdefd2",
    "--depot-red": "#a83322",
    "--depot-red-soft": "#fbe6e2",
    "--depot-blue": "#1f5d93",
    "--depot-blue-soft": "#e1eef9",
    "--depot-plum": "#7a3f78",
    "--depot-plum-soft": "#f5e6f4",
    "--depot-shadow": "0 1px 2px rgb(40 40 30 / 5%), 0 8px 24px -12px rgb(40 40 30 / 14%)",
  },
  dark: {
    "--mantine-color-body": "#101614",
    "--mantine-color-text": "#e6ece9",
    "--mantine-color-dimmed": "#9badA6",
    "--mantine-color-placeholder": "#8fa19a",
    "--mantine-color-error": "#f09a8d",
    "--mantine-color-anchor": "#6fc4b7",
    "--mantine-color-default": "#1a2320",
    "--mantine-color-default-border": "#33413c",
    "--depot-surface": "#171f1c",
    "--depot-sunken": "#0c1110",
    "--depot-line": "#26322e",
    "--depot-rail": "#0d1311",
    "--depot-accent": "#6fc4b7",
    "--depot-accent-soft": "#15352f",
    "--depot-amber": "#f0bd66",
    "--depot-amber-soft": "#362a12",
    "--depot-red": "#f09a8d",
    "--depot-red-soft": "#3d1e19",
    "--depot-blue": "#8fc1ee",
    "--depot-blue-soft": "#162b3e",
    "--depot-plum": "#dda6da",
    "--depot-plum-soft": "#352035",
    "--depot-shadow": "0 1px 2px rgb(0 0 0 / 40%), 0 10px 28px -12px rgb(0 0 0 / 60%)",
  },
});
