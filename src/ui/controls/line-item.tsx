/** A menu item that plays a script line, with what it would do on its right; asked when the menu opens. */
import type { ReactNode } from "react";
import { formatProblem } from "../../script/problem.ts";
import { previewLine } from "../state/preview.ts";
import { play } from "../widgets/act.tsx";
import type { MenuItem } from "../widgets/menu-items.tsx";

export function lineItem(line: string, label: ReactNode): MenuItem {
  const preview = previewLine(line);
  const base = { id: line.replaceAll(" ", "-"), label, text: typeof label === "string" ? label : line };
  if (!preview.ok) {
    const problem = preview.problems[0];
    return { ...base, reason: problem === undefined ? "" : formatProblem(problem), run: () => play(line) };
  }
  const { ok, rejected, errno, messages } = preview.outcome;
  return {
    ...base,
    note: <span className="mono">{line}</span>,
    aside: <span data-ok={ok}>{ok ? "ok" : (errno ?? "fails")}</span>,
    reason: rejected ? (messages[0] ?? "not possible now") : null,
    run: () => play(line),
  };
}
