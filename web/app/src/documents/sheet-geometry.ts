// How wide the columns and how high the rows of a sheet are, as the engine tells it, and
// where that puts them on the screen: each is cut to whole pixels, as it paints them.
import { TILE_PIXELS } from "../../../../clients/frames";

/** Runs of columns, or rows, that are alike: up to which one, and their twips. */
interface Run {
  readonly last: number;
  readonly twips: number;
}

/** "1280:3 2000:1023": so many twips, up to that one. */
function runsOf(text: unknown): Run[] {
  return String(text ?? "")
    .trim()
    .split(/\s+/)
    .flatMap((one) => {
      const [twips, last] = one.split(":").map(Number);
      return twips === undefined || last === undefined || Number.isNaN(last)
        ? []
        : [{ last, twips }];
    });
}

/** "0:3 1:5": the first is 1 if the run up to there is hidden; the next is the other. */
function hiddenOf(text: unknown): Run[] {
  let hidden = false;
  return String(text ?? "")
    .trim()
    .split(/\s+/)
    .flatMap((one, i) => {
      const parts = one.split(":").map(Number);
      const last = parts.at(-1);
      if (last === undefined || Number.isNaN(last)) return [];
      hidden = i === 0 ? parts.length > 1 && parts[0] === 1 : !hidden;
      return [{ last, twips: hidden ? 1 : 0 }];
    });
}

/** Both lists in one: what is hidden has no width. */
function merged(sizes: readonly Run[], hidden: readonly Run[]): Run[] {
  const out: Run[] = [];
  let h = 0;
  let first = 0;
  for (const { last, twips } of sizes) {
    while (first <= last) {
      while (h < hidden.length && (hidden[h]?.last ?? 0) < first) h++;
      const now = hidden[h];
      const to = Math.min(last, now?.last ?? last);
      out.push({ last: to, twips: now?.twips === 1 ? 0 : twips });
      first = to + 1;
    }
  }
  return out;
}

/** One direction of a sheet. */
export class Axis {
  constructor(private readonly runs: readonly Run[]) {}

  /**
   * Those between two places in pixels of the screen, by the scale that tiles have:
   * which one, where it begins, and how large it is.
   */
  *between(
    from: number,
    to: number,
    scale: number,
  ): Iterable<{ index: number; at: number; size: number }> {
    let index = 0;
    let at = 0;
    for (const { last, twips } of this.runs) {
      const size = Math.trunc((twips * TILE_PIXELS) / scale) || (twips > 0 ? 1 : 0);
      const count = last - index + 1;
      // Whole runs before what is in sight are stepped over.
      const skipped =
        size === 0
          ? count
          : Math.max(0, Math.min(count, Math.floor((from - at) / size)));
      index += skipped;
      at += skipped * size;
      for (; index <= last; index++) {
        if (at >= to) return;
        yield { index, at, size };
        at += size;
      }
      if (at >= to) return;
    }
  }
}

export interface SheetGeometry {
  readonly columns: Axis;
  readonly rows: Axis;
}

export function geometryOf(json: string): SheetGeometry | undefined {
  try {
    const told = JSON.parse(json) as {
      [axis: string]: { [name: string]: unknown } | undefined;
    };
    const axis = (name: string) =>
      new Axis(merged(runsOf(told[name]?.["sizes"]), hiddenOf(told[name]?.["hidden"])));
    return { columns: axis("columns"), rows: axis("rows") };
  } catch {
    return undefined;
  }
}

/** "A", "B" ... "AA" of 0, 1 ... 26. */
export function columnName(index: number): string {
  let name = "";
  for (let n = index; n >= 0; n = Math.floor(n / 26) - 1)
    name = String.fromCharCode(65 + (n % 26)) + name;
  return name;
}
