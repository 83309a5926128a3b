/** A place with nothing in it yet says why, and what would fill it. */
import type { ReactNode } from "react";
import { Glyph, type GlyphName } from "./glyphs.tsx";
import "./empty.css";

interface EmptyProps {
  readonly glyph: GlyphName;
  readonly title: string;
  readonly children?: ReactNode;
}

export function Empty({ glyph, title, children }: EmptyProps) {
  return (
    <div className="empty">
      <Glyph name={glyph} className="empty-glyph" />
      <p className="empty-title">{title}</p>
      {children === undefined ? null : <div className="empty-text">{children}</div>}
    </div>
  );
}
