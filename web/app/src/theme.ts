// Light, dark or of high contrast: as the system has it, or as chosen here.
import {
  type BrandVariants,
  createDarkTheme,
  createLightTheme,
  teamsHighContrastTheme,
  type Theme,
} from "@fluentui/react-components";

import { Store, useStore } from "./store";

const brand: BrandVariants = {
  10: "#04120e",
  20: "#0a221b",
  30: "#0e3328",
  40: "#124234",
  50: "#154e3e",
  60: "#185948",
  70: "#1b6552",
  80: "#1f725d",
  90: "#3a8570",
  100: "#559883",
  110: "#70ab98",
  120: "#8bbeae",
  130: "#a6d0c3",
  140: "#c0e1d8",
  150: "#d9efe9",
  160: "#eef8f5",
};

const THEMES = {
  light: createLightTheme(brand),
  dark: {
    ...createDarkTheme(brand),
    colorBrandForeground1: brand[110],
    colorBrandForeground2: brand[120],
    colorBrandForegroundLink: brand[120],
  },
  contrast: teamsHighContrastTheme,
} satisfies { [name: string]: Theme };

type ThemeName = keyof typeof THEMES;
export const CHOICES = ["system", "light", "dark", "contrast"] as const;
export type Choice = (typeof CHOICES)[number];

const KEPT = "chancery theme";
const dark = matchMedia("(prefers-color-scheme: dark)");
const forced = matchMedia("(forced-colors: active)");

const isChoice = (text: string | null): text is Choice =>
  (CHOICES as readonly (string | null)[]).includes(text);

function kept(): Choice {
  const text = localStorage.getItem(KEPT);
  return isChoice(text) ? text : "system";
}

function nameOf(choice: Choice): ThemeName {
  if (choice !== "system") return choice;
  if (forced.matches) return "contrast";
  return dark.matches ? "dark" : "light";
}

const theme = new Store({ choice: kept(), name: nameOf(kept()) });

function apply(choice: Choice): void {
  const name = nameOf(choice);
  theme.set({ choice, name });
  document.documentElement.dataset["theme"] = name;
}

for (const media of [dark, forced])
  media.addEventListener("change", () => apply(theme.value.choice));
apply(theme.value.choice);

export function choose(choice: Choice): void {
  localStorage.setItem(KEPT, choice);
  apply(choice);
}

export const useThemeName = (): ThemeName => useStore(theme, (v) => v.name);
export const useTheme = (): Theme => THEMES[useThemeName()];
export const useChoice = (): Choice => useStore(theme, (v) => v.choice);
