/**
 * A control that plays one script line. Before it is pressed it shows what the line would do; where the engine would
 * turn it away, it says why instead.
 */
import { type ReactNode, useCallback } from "react";
import { useRefusal } from "../state/preview.ts";
import { useSession } from "../state/session-store.ts";
import { Button } from "./button.tsx";
import { PreviewCard } from "./preview-card.tsx";
import { type HintProps, useHint } from "./use-hint.ts";

export const play = (line: string): void => {
  useSession.getState().run(line);
};

export function usePreviewHint(line: string, note?: string): HintProps {
  return useHint(useCallback(() => <PreviewCard line={line} note={note} />, [line, note]));
}

interface ActProps {
  readonly line: string;
  /** What it is for, in a few words, on the card. */
  readonly note?: string;
  readonly look?: "plain" | "primary" | "quiet";
  readonly label?: string;
  readonly testid?: string;
  readonly className?: string;
  /** Long work: asked only when somebody points at it. */
  readonly long?: boolean;
  readonly children: ReactNode;
}

export function Act({
  line,
  note,
  look = "plain",
  label,
  testid,
  className,
  long = false,
  children,
}: ActProps) {
  const refusal = useRefusal(line, !long);
  const hint = usePreviewHint(line, note);
  return (
    <Button
      look={look}
      reason={refusal}
      aria-label={label}
      data-testid={testid}
      data-line={line}
      className={className ?? ""}
      onClick={() => play(line)}
      {...hint}
    >
      {children}
    </Button>
  );
}
