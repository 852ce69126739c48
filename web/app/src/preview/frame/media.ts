import type { Show } from "../protocol";
import type { Frame, Shown } from "./main";

/** By the browser's own player. */
export async function showMedia(
  { kind, bytes, type }: Show,
  { box }: Frame,
): Promise<Shown> {
  const player = document.createElement(kind === "audio" ? "audio" : "video");
  player.controls = true;
  player.src = URL.createObjectURL(new Blob([bytes], { type }));
  await new Promise((resolve, reject) => {
    player.onloadedmetadata = resolve;
    player.onerror = () => reject(new Error("unreadable"));
  });
  box.append(player);
  return {};
}
