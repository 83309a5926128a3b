/** The QEMU trace events of a step of the model, each with the rule that was applied last before it. */
import type { Outcome } from "../../engine/outcome.ts";
import type { TraceArgs, TraceNode } from "../../engine/tracer.ts";

export interface ModelEvent {
  readonly name: string;
  readonly args: TraceArgs;
  readonly rule: string | null;
}

/** A command that the host kernel gave to the physical SMMU. */
export interface HostCommand {
  readonly q0: bigint;
  readonly q1: bigint;
  readonly psmmu: number;
}

export interface ModelTrace {
  readonly events: ModelEvent[];
  readonly hostCommands: HostCommand[];
  /** Last rule of all. */
  rule: string | null;
}

export const emptyTrace = (): ModelTrace => ({ events: [], hostCommands: [], rule: null });

function walk(nodes: readonly TraceNode[], out: ModelTrace): void {
  for (const n of nodes) {
    switch (n.kind) {
      case "rule":
        out.rule = n.id;
        break;
      case "event":
        out.events.push({ name: n.name, args: n.args, rule: out.rule });
        break;
      case "hw":
        if (n.what === "cmd" && typeof n.args.q0 === "bigint")
          out.hostCommands.push({
            q0: n.args.q0,
            q1: typeof n.args.q1 === "bigint" ? n.args.q1 : 0n,
            psmmu: typeof n.args.psmmu === "number" ? n.args.psmmu : 0,
          });
        break;
      case "call":
      case "host":
        walk(n.children, out);
        break;
      default:
    }
  }
}

/** An outcome's trace alone. */
export function traceOf(outcome: Outcome): ModelTrace {
  const trace = emptyTrace();
  collect(outcome, trace);
  return trace;
}

/** Adds an outcome's trace, those of a sequence's parts included. */
export function collect(outcome: Outcome, out: ModelTrace): void {
  walk(outcome.trace, out);
  if (outcome.trace.length === 0) for (const p of outcome.parts) collect(p.outcome, out);
}
