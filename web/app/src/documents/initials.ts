import type { CSSProperties } from "react";

/** A person's colour, for the styles. */
export const colourStyle = (colour: number): CSSProperties =>
  ({ "--d-person": `var(--d-person-${colour})` }) as CSSProperties;

export function initialsOf(name: string): string {
  const parts = name.trim().split(/\s+/);
  const first = [...(parts[0] ?? "")][0] ?? "?";
  const last = parts.length > 1 ? ([...(parts.at(-1) ?? "")][0] ?? "") : "";
  return (first + last).toUpperCase();
}
