/** Reads a whole log from a stream of bytes, with progress and cancel. */
import { BYTE_LIMITS, type ByteLimits, LogError, type LogFault, TextSource } from "./bytes.ts";
import { type Census, type EventSink, LineScanner } from "./lines.ts";

export interface Progress {
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly lines: number;
}

export interface ReadOptions {
  readonly limits?: ByteLimits;
  readonly signal?: AbortSignal;
  /** Called about ten times a second. */
  readonly onProgress?: (p: Progress) => void;
  /** Milliseconds; the caller's clock. Without one, progress comes with every chunk. */
  readonly now?: () => number;
  /** Sees the text's bytes, inflated, in order; it may not keep them. */
  readonly onBytes?: (bytes: Uint8Array) => void;
}

export interface ReadProblem {
  readonly fault: LogFault;
  readonly message: string;
}

export interface ReadResult {
  readonly census: Census;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Null: read to the end and it is a trace log. What was read before a problem stands. */
  readonly problem: ReadProblem | null;
}

export type ByteSource = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** A text in which nothing is recognised within this many lines is no trace log. */
const HOPELESS_LINES = 500_000;
const HOPELESS_BYTES = 256 * 2 ** 20;

export async function readLog(
  source: ByteSource,
  sink: EventSink,
  options: ReadOptions = {},
): Promise<ReadResult> {
  const scanner = new LineScanner(sink);
  const text = new TextSource((t) => scanner.push(t), options.limits ?? BYTE_LIMITS, options.onBytes);
  const { now, onProgress, signal } = options;
  let told = now?.() ?? 0;
  let problem: ReadProblem | null = null;
  try {
    for await (const chunk of source) {
      if (signal?.aborted) throw new LogError("cancelled", "reading was cancelled");
      text.push(chunk);
      if (scanner.known === 0 && (scanner.lines > HOPELESS_LINES || text.bytesOut > HOPELESS_BYTES)) break;
      if (onProgress !== undefined && (now === undefined || now() - told >= 100)) {
        told = now?.() ?? 0;
        onProgress({ bytesIn: text.bytesIn, bytesOut: text.bytesOut, lines: scanner.lines });
      }
    }
    text.end();
  } catch (error) {
    if (!(error instanceof LogError)) throw error;
    problem = { fault: error.fault, message: error.message };
  }
  scanner.end();
  if (problem === null && scanner.known === 0)
    problem = {
      fault: "not-a-log",
      message: `no trace event of the SMMU, iommufd or VFIO in ${scanner.lines} lines: is this a log of QEMU's -trace and -D options?`,
    };
  onProgress?.({ bytesIn: text.bytesIn, bytesOut: text.bytesOut, lines: scanner.lines });
  return { census: scanner.census(), bytesIn: text.bytesIn, bytesOut: text.bytesOut, problem };
}
