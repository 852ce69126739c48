import type { Show } from "../protocol";
import type { Frame, Shown } from "./main";

const STEP = 1.25;
const LEAST = 0.05;
const MOST = 16;

/** As large as fits at first, and never larger than it is. */
export async function showImage(
  { bytes, type }: Show,
  { box, tell }: Frame,
): Promise<Shown> {
  const image = new Image();
  image.alt = "";
  image.src = URL.createObjectURL(new Blob([bytes], { type }));
  await image.decode();
  // A drawing without a size of its own.
  const width = image.naturalWidth || 800;
  const height = image.naturalHeight || 600;
  let scale: number | undefined;

  const draw = () => {
    const { clientWidth, clientHeight } = document.documentElement;
    const fits = Math.min(clientWidth / width, clientHeight / height, 1);
    const now = scale ?? fits;
    image.style.width = `${width * now}px`;
    image.style.height = `${height * now}px`;
    tell({ is: "zoom", percent: Math.round(now * 100) });
    return now;
  };
  box.append(image);
  draw();
  addEventListener("resize", draw);
  return {
    take: (asked) => {
      if (asked.is !== "zoom") return;
      const now = draw();
      const next = asked.to === "in" ? now * STEP : now / STEP;
      scale =
        asked.to === "fit" ? undefined : Math.min(MOST, Math.max(LEAST, next));
      draw();
    },
  };
}
