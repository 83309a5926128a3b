/** A way from one subject to another; its target lights up in the graph while it is pointed at. */
import type { ReactNode } from "react";
import { type Subject, useSelection } from "../state/selection-store.ts";

interface SubjectLinkProps {
  readonly to: Subject;
  readonly children: ReactNode;
}

export function SubjectLink({ to, children }: SubjectLinkProps) {
  const { select, hover } = useSelection.getState();
  return (
    <button
      type="button"
      className="link"
      onClick={() => select(to)}
      onPointerEnter={() => hover(to)}
      onPointerLeave={() => hover(null)}
      onFocus={() => hover(to)}
      onBlur={() => hover(null)}
    >
      {children}
    </button>
  );
}
