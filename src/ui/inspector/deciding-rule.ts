/** The rule that made a host call fail: the last one inside the last call that came back with an errno. */
import type { TraceNode } from "../../engine/tracer.ts";

export function decidingRule(trace: readonly TraceNode[]): string | null {
  let found: string | null = null;
  const walk = (nodes: readonly TraceNode[]): void => {
    for (const node of nodes) {
      if (node.kind === "call") walk(node.children);
      if (node.kind === "host") {
        if (node.errno !== null) found = lastRule(node.children) ?? found;
        walk(node.children);
      }
    }
  };
  walk(trace);
  return found;
}

function lastRule(nodes: readonly TraceNode[]): string | null {
  for (let at = nodes.length - 1; at >= 0; at--) {
    const node = nodes[at];
    if (node?.kind === "rule") return node.id;
    if (node?.kind === "call") {
      const inner = lastRule(node.children);
      if (inner !== null) return inner;
    }
  }
  return null;
}
