// The slides of a presentation, as pictures in a strip beside it.
import { useEffect, useRef } from "react";

import { useDoc, useEditor } from "./context";
import { words } from "./words";

const WIDTH = 176;

function Picture({ picture, width, height }: { picture: ImageBitmap | undefined; width: number; height: number }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (picture !== undefined) context?.drawImage(picture, 0, 0, width, height);
  }, [picture, width, height]);
  return <canvas ref={canvas} width={width} height={height} aria-hidden="true" />;
}

export function Slides() {
  const { doc } = useEditor();
  const parts = useDoc((value) => value.parts);
  const part = useDoc((value) => value.part);
  const pictures = useDoc((value) => value.pictures);
  const size = useDoc(({ width, height }) => (width > 0 ? height / width : 0.5625));
  const list = useRef<HTMLDivElement>(null);
  const height = Math.round(WIDTH * size);
  useEffect(() => {
    doc.previews = { width: WIDTH, height };
    for (let i = 0; i < parts; i++) doc.preview(i);
  }, [doc, parts, height]);
  useEffect(() => {
    list.current?.children[part]?.scrollIntoView({ block: "nearest" });
  }, [part]);
  return (
    <nav className="d-strip-of" aria-label={words("slides")}>
      <div
        ref={list}
        className="d-slides"
        role="listbox"
        tabIndex={0}
        aria-label={words("slides")}
        aria-activedescendant={`slide-${part}`}
        onKeyDown={(event) => {
          const way = { ArrowDown: 1, ArrowUp: -1 }[event.key];
          const to = part + (way ?? 0);
          if (way === undefined || to < 0 || to >= parts) return;
          event.preventDefault();
          doc.goToPart(to);
        }}
      >
        {Array.from({ length: parts }, (_, i) => (
          <div
            key={i}
            id={`slide-${i}`}
            role="option"
            aria-selected={i === part}
            aria-label={words("slideN", { number: i + 1 })}
            className="d-slide"
            onClick={() => doc.goToPart(i)}
          >
            <span aria-hidden="true">{i + 1}</span>
            <Picture picture={pictures[i]} width={WIDTH} height={height} />
          </div>
        ))}
      </div>
    </nav>
  );
}
