/** A command's call tree as lines of text. */
import { ruleOf } from "../engine/all-rules.ts";
import type { Setup } from "../engine/setup.ts";
import type { TraceArgs, TraceNode, TraceValue } from "../engine/tracer.ts";

export interface TreeOptions {
  /** QEMU's trace events too. */
  readonly events: boolean;
}

const INDENT = "  ";

function valueText(v: TraceValue): string {
  if (typeof v === "bigint") return `0x${v.toString(16)}`;
  if (typeof v === "object" && v !== null) return `[${v.map((x) => valueText(x)).join(" ")}]`;
  return String(v);
}

function argsText(setup: Setup, args: TraceArgs): string {
  return Object.entries(args)
    .map(([k, v]) =>
      k === "device" && typeof v === "number"
        ? `device=${setup.devices[v]?.name ?? v}`
        : `${k}=${valueText(v)}`,
    )
    .join(" ");
}

/** Lines of a forest, indented by `depth`. */
export function treeLines(
  setup: Setup,
  nodes: readonly TraceNode[],
  options: TreeOptions,
  depth = 1,
): string[] {
  return nodes.flatMap((n) => nodeLines(setup, n, options, depth));
}

function nodeLines(setup: Setup, n: TraceNode, options: TreeOptions, depth: number): string[] {
  const pad = INDENT.repeat(depth);
  const inside = (children: readonly TraceNode[]): string[] => treeLines(setup, children, options, depth + 1);
  switch (n.kind) {
    case "call": {
      const args = argsText(setup, n.args);
      const result = n.errno !== null ? ` = -1 ${n.errno}` : n.ret === null ? "" : ` = ${valueText(n.ret)}`;
      return [`${pad}${n.layer}: ${n.fn}(${args})${result}`, ...inside(n.children)];
    }
    case "host": {
      const args = argsText(setup, n.args);
      const out = argsText(setup, n.out);
      const result =
        n.errno === null ? (out === "" ? "ok" : out) : `-1 ${n.errno}${n.injected ? " (injected)" : ""}`;
      return [`${pad}> ${n.call}${args === "" ? "" : ` ${args}`} -> ${result}`, ...inside(n.children)];
    }
    case "rule":
      return [`${pad}[${n.id}] ${ruleOf(n.id)?.text ?? ""}${n.detail === "" ? "" : ` (${n.detail})`}`];
    case "hw":
      return [`${pad}hardware ${n.what}: ${n.text}`];
    case "event":
      return options.events ? [`${pad}trace ${n.name} ${argsText(setup, n.args)}`.trimEnd()] : [];
    case "message":
      return [`${pad}${n.by} prints: ${n.text}`];
  }
}
