import type { TimelineNode } from "../../../script/session.ts";

/** A step on one line: continuation lines joined, a start by its name. */
export const stepLabel = (node: TimelineNode): string =>
  node.parent === null
    ? "start"
    : node.text === ""
      ? "(blank)"
      : node.text.replace(/\s*\\?\n\s*/g, " ").trim();
