// Places in a document, in twips: 1/1440 inch, 15 of which are a pixel at 100 %.
export const TWIPS_A_PIXEL = 15;

export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** "x, y, width, height; x, ...", as the server has it; what is none is left out. */
export function rectanglesOf(text: string): Rectangle[] {
  return text.split(";").flatMap((one) => {
    const numbers = one.match(/-?\d+/g)?.map(Number) ?? [];
    const [x, y, width, height] = numbers;
    return x === undefined ||
      y === undefined ||
      width === undefined ||
      height === undefined
      ? []
      : [{ x, y, width, height }];
  });
}

export const meet = (a: Rectangle, b: Rectangle): boolean =>
  a.x < b.x + b.width &&
  b.x < a.x + a.width &&
  a.y < b.y + b.height &&
  b.y < a.y + a.height;
