// The pictures of a document: tiles by part, scale and place. What is old stays until
// something newer is there, so that nothing ever blinks.
import { TILE_PIXELS, type TileFrame } from "../../../../clients/frames";
import type { Rectangle } from "./geometry";

/** So many are kept: 256 KiB each. */
const KEPT = 400;

export interface Tile extends Rectangle {
  readonly part: number;
  readonly scale: number;
  picture: ImageBitmap | undefined;
}

/** What was deflated, in zlib's form. */
export async function inflate(
  bytes: Uint8Array<ArrayBuffer>,
): Promise<Uint8ClampedArray<ArrayBuffer>> {
  const stream = new Blob([bytes])
    .stream()
    .pipeThrough(new DecompressionStream("deflate"));
  return new Uint8ClampedArray(await new Response(stream).arrayBuffer());
}

export async function pictureOf(
  pixels: Uint8Array<ArrayBuffer>,
  width: number,
  height: number,
): Promise<ImageBitmap> {
  return createImageBitmap(
    new ImageData(await inflate(pixels), width, height),
  );
}

export class Tiles {
  readonly #tiles = new Map<string, Tile>();
  readonly #newest = new Map<string, number>();
  #came = 0;

  constructor(
    /** A tile can be drawn. */
    private readonly shown: () => void,
    /** So many can come again. */
    private readonly taken: (tiles: number) => void,
  ) {}

  async take(frame: TileFrame): Promise<void> {
    const { part, scale, column, row, pixels } = frame;
    const key = `${part} ${scale} ${column} ${row}`;
    const mine = ++this.#came;
    this.#newest.set(key, mine);
    try {
      const picture = await pictureOf(pixels, TILE_PIXELS, TILE_PIXELS);
      // One that came later may have been faster.
      if (this.#newest.get(key) !== mine) {
        picture.close();
        return;
      }
      this.#newest.delete(key);
      this.#put(key, {
        part,
        scale,
        x: column * scale,
        y: row * scale,
        width: scale,
        height: scale,
        picture,
      });
      this.shown();
    } finally {
      this.taken(1);
    }
  }

  #put(key: string, tile: Tile): void {
    this.#tiles.get(key)?.picture?.close();
    this.#tiles.delete(key);
    this.#tiles.set(key, tile);
    for (const [old, { picture }] of this.#tiles) {
      if (this.#tiles.size <= KEPT) break;
      picture?.close();
      this.#tiles.delete(old);
    }
  }

  at(part: number, scale: number, column: number, row: number): Tile | undefined {
    return this.#tiles.get(`${part} ${scale} ${column} ${row}`);
  }

  /** Those of other scales, for where the right ones aren't there yet. */
  *others(part: number, scale: number): Iterable<Tile> {
    for (const tile of this.#tiles.values())
      if (tile.part === part && tile.scale !== scale) yield tile;
  }

  clear(): void {
    for (const { picture } of this.#tiles.values()) picture?.close();
    this.#tiles.clear();
    this.#newest.clear();
  }
}
