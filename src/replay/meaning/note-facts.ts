/** What notes beside a log tell that the log itself does not: contents of STEs, measured DMA, the host's page tables. */
import { dmaNote, hostSteNote, type MemoryNote, type Note } from "./notes.ts";

const hex = (x: bigint | number): string => `0x${x.toString(16)}`;

/** Console output and repeated accounts of register writes say nothing that the log does not. */
const REMARKS: ReadonlySet<Note["kind"]> = new Set(["memory", "section", "command", "other"]);

export class NoteFacts {
  private readonly notes: readonly Note[];
  /** Streams that the host attached to a DMA domain of its own before QEMU ran. */
  readonly hostDma: ReadonlySet<number>;
  private next = 0;
  private readonly described = new Set<bigint>();
  readonly tellsMemory: boolean;
  /** An IOVA that stage 1 maps, and where to, as the DMA notes have it. */
  private readonly mapped: { readonly iova: bigint; readonly gpa: bigint } | null;

  constructor(notes: readonly Note[], hostLog: readonly string[] = []) {
    this.notes = notes;
    this.hostDma = hostDmaStreams(hostLog, notes.find((n) => n.host !== null)?.host ?? 0);
    this.tellsMemory = notes.some((n) => n.kind === "memory");
    const dma = notes.map((n) => (n.kind === "dma" ? dmaNote(n) : null)).find((d) => d !== null) ?? null;
    this.mapped = dma === null ? null : { iova: dma.iova, gpa: dma.direct };
  }

  /** Notes about memory, and remarks worth keeping, written before log line `line` was. */
  before(line: number): Note[] {
    const out: Note[] = [];
    for (let n = this.notes[this.next]; n !== undefined && n.line < line; n = this.notes[++this.next])
      if (REMARKS.has(n.kind)) out.push(n);
    return out;
  }

  /** Script lines that store an STE, and what a translate STE needs the first time. */
  memoryLines(vsmmu: string, m: MemoryNote): string[] {
    const out = [`ste ${vsmmu} ${hex(m.sid)} q0=${hex(m.q0)} q1=${hex(m.q1)}`];
    const stage1 = ((m.q0 >> 1n) & 5n) === 5n;
    const cd = m.q0 & 0x00ff_ffff_ffff_ffc0n;
    if (!stage1 || /bad/i.test(m.label) || this.described.has(cd)) return out;
    this.described.add(cd);
    out.push(`cd ${vsmmu} ${hex(m.sid)}`);
    if (this.mapped !== null)
      out.push(`map ${vsmmu} ${hex(m.sid)} iova=${hex(this.mapped.iova)} gpa=${hex(this.mapped.gpa)}`);
    return out;
  }

  /** Features of the host SMMU that its STEs show: S2FWB and the output size; null without host STEs. */
  host(): { readonly s2fwb: boolean; readonly oas: number } | null {
    for (const n of this.notes) {
      const ste = n.kind === "host-ste" ? hostSteNote(n) : null;
      const word2 = ste?.words[2] ?? 0n;
      if (word2 === 0n) continue;
      const oas = [32, 36, 40, 42, 44, 48, 52][Number((word2 >> 48n) & 7n)] ?? 44;
      return { s2fwb: ((word2 >> 57n) & 1n) === 1n, oas };
    }
    return null;
  }
}

/** A CFGI_CD of the host's own: the stream has a stage-1 domain. */
function hostDmaStreams(lines: readonly string[], before: number): Set<number> {
  const out = new Set<number>();
  for (const line of lines.slice(0, before)) {
    const m = /smmuv3_cmdq_cfgi_cd sid=(0x[0-9a-f]+)/.exec(line);
    if (m !== null) out.add(Number(m[1]));
  }
  return out;
}
