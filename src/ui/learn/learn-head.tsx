/** The head of every place in Learn: the way back, what this is, and what belongs beside it. */
import type { ReactNode } from "react";
import { usePage } from "../state/pages.ts";
import { Button } from "../widgets/button.tsx";
import { Glyph } from "../widgets/glyphs.tsx";
import { goToSection } from "./route.ts";

interface LearnHeadProps {
  /** Without a title: the front of Learn, from which the way back leads to the lab. */
  readonly title?: string;
  readonly children?: ReactNode;
}

export function LearnHead({ title, children }: LearnHeadProps) {
  return (
    <header className="learn-head">
      {title === undefined ? (
        <Button onClick={() => usePage.getState().open(null)}>
          <Glyph name="back" />
          Back to the lab
        </Button>
      ) : (
        <Button onClick={() => goToSection("course")} data-testid="learn-home">
          <Glyph name="back" />
          Learn
        </Button>
      )}
      <h1 className="learn-title">{title ?? "Learn"}</h1>
      {children}
    </header>
  );
}
