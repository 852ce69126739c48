import type { Show } from "../protocol";
import type { Frame, Shown } from "./main";

const SIZES = [9, 10, 11, 12, 13, 14, 16, 18, 20, 24, 28, 32];
const USUAL = 4;

/** By its mark, else UTF-8, else what Western files were before it. */
export function decoded(bytes: ArrayBuffer): string {
  const [a, b] = new Uint8Array(bytes.slice(0, 2));
  if (a === 0xff && b === 0xfe) return new TextDecoder("utf-16le").decode(bytes);
  if (a === 0xfe && b === 0xff) return new TextDecoder("utf-16be").decode(bytes);
  try {
    // A character that the limit cut in two is no error.
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes, {
      stream: true,
    });
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}

export async function showText(
  { bytes }: Show,
  { box, tell }: Frame,
): Promise<Shown> {
  const text = document.createElement("pre");
  text.textContent = decoded(bytes);
  box.append(text);
  let at = USUAL;
  const size = () => {
    const usual = SIZES[USUAL] ?? 13;
    const now = SIZES[at] ?? usual;
    text.style.fontSize = `${now}px`;
    tell({ is: "zoom", percent: Math.round((100 * now) / usual) });
  };
  size();
  return {
    take: (asked) => {
      if (asked.is !== "zoom") return;
      const next =
        asked.to === "fit" ? USUAL : asked.to === "in" ? at + 1 : at - 1;
      at = Math.min(SIZES.length - 1, Math.max(0, next));
      size();
    },
  };
}
