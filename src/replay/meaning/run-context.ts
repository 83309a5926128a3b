/** What the parts of one run's interpretation share. */

import { MachineTrack } from "./machine.ts";
import { MemoryGuess } from "./memory.ts";
import { NoteFacts } from "./note-facts.ts";
import { memoryNote, type Note } from "./notes.ts";
import type { Assumption, ReplayStep, ScriptLine } from "./steps.ts";
import { VsmmuChooser, type VsmmuTrack } from "./vsmmus.ts";

export interface InterpretOptions {
  /** Notes beside the log, in order. */
  readonly notes?: readonly Note[];
  /** Lines of the physical SMMU's own log: what the host did before QEMU ran. */
  readonly hostLog?: readonly string[];
  /** Instead of what the lines suggest: `kernel` and `qemu` lines of the header. */
  readonly kernel?: string;
  readonly qemu?: string;
}

export const hex = (x: bigint | number): string => `0x${x.toString(16)}`;

export class RunContext {
  readonly machine = new MachineTrack();
  readonly vsmmus = new VsmmuChooser();
  readonly steps: ReplayStep[] = [];
  /** Step of every group so far. */
  readonly groupSteps: number[] = [];
  readonly groupVsmmus: number[] = [];
  readonly assumptions = new Map<string, Assumption>();
  readonly facts: NoteFacts;
  /** The log names register writes. */
  writesSeen = false;
  /** The log names the SMMUs' resets. */
  resetsSeen = false;
  private readonly memories: MemoryGuess[] = [];
  /** Notes that wait for the next step. */
  private remarks: string[] = [];

  constructor(options: InterpretOptions) {
    this.facts = new NoteFacts(options.notes ?? [], options.hostLog);
  }

  readonly assume = (text: string, line: number): void => {
    const known = this.assumptions.get(text);
    if (known === undefined) this.assumptions.set(text, { text, line, count: 1 });
    else known.count++;
  };

  memory(v: VsmmuTrack): MemoryGuess {
    let m = this.memories[v.index];
    if (m === undefined) {
      m = new MemoryGuess(v.name);
      m.told = this.facts.tellsMemory;
      this.memories[v.index] = m;
    }
    return m;
  }

  add(title: ReplayStep["title"], g: { first: number; last: number }, lines: ScriptLine[]): ReplayStep {
    const step: ReplayStep = {
      title,
      lines,
      first: g.first,
      last: g.last,
      notes: this.remarks,
      sids: [],
      events: [],
    };
    this.remarks = [];
    this.steps.push(step);
    return step;
  }

  index(step: ReplayStep): number {
    return this.steps.lastIndexOf(step);
  }

  /** The group now being interpreted is about this vSMMU. */
  about(vsmmu: number): void {
    this.groupVsmmus[this.groupVsmmus.length - 1] = vsmmu;
  }

  /** What notes beside the log say before the group at `line`: stores in memory become steps, the rest remarks. */
  notesBefore(line: number): void {
    for (const note of this.facts.before(line)) {
      const m = note.kind === "memory" ? memoryNote(note) : null;
      if (m === null) {
        this.remarks.push(`${note.tag.toLowerCase()}: ${note.text}`);
        continue;
      }
      const v = this.vsmmus.ofSid(m.sid) ?? this.vsmmus.at(0);
      const inferred = `note at line ${note.line}`;
      const lines = this.facts.memoryLines(v.name, m).map((text) => ({ text, inferred }));
      this.add(`STE of ${hex(m.sid)} := ${m.label}`, { first: note.line, last: note.line }, lines);
      this.memory(v).stored(m.sid, m.q0, m.q1);
    }
  }
}
