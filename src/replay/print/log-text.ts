/** The other way round: what the lab did, printed as the trace log that such a QEMU would have written. */
import type { Outcome } from "../../engine/outcome.ts";
import type { Setup } from "../../engine/setup.ts";
import type { TraceNode } from "../../engine/tracer.ts";
import { type TraceNames, writeEvent } from "../events/table.ts";

/** What stands before an event's name. */
export type LogPrefix = "none" | "iso" | "tid";

const ISO_START = Date.UTC(2026, 0, 1);

/** The lab has no clock: lines are a millisecond apart. */
function prefixOf(kind: LogPrefix, line: number): string {
  if (kind === "iso") return `${new Date(ISO_START + line).toISOString().replace("Z", "000Z")} `;
  if (kind === "tid") {
    const ms = ISO_START + line;
    return `1@${Math.floor(ms / 1000)}.${String((ms % 1000) * 1000).padStart(6, "0")}:`;
  }
  return "";
}

export class LogPrinter {
  private readonly lines: string[] = [];
  private readonly release: TraceNames;
  private readonly prefix: LogPrefix;

  constructor(setup: Setup, prefix: LogPrefix = "none") {
    this.release = setup.qemu.traceNames;
    this.prefix = prefix;
  }

  add(outcome: Outcome): void {
    this.nodes(outcome.trace);
    if (outcome.trace.length === 0) for (const p of outcome.parts) this.add(p.outcome);
  }

  private nodes(nodes: readonly TraceNode[]): void {
    for (const n of nodes) {
      if (n.kind === "event") {
        const text = writeEvent(n.name, n.args, this.release);
        if (text !== null) this.lines.push(prefixOf(this.prefix, this.lines.length) + text);
      } else if (n.kind === "call" || n.kind === "host") this.nodes(n.children);
    }
  }

  text(): string {
    return this.lines.map((l) => `${l}\n`).join("");
  }
}
