import type { CSSProperties } from "react";

/** A person's colour, for the styles. */
export const colourStyle = (colour: number): CSSProperties =>
  ({ "--d-person": `var(--d-person-${colour})` }) as CSSProperties;
