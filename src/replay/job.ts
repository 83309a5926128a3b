/**
 * One log on somebody's desk: read once for the script, again for the comparison, and asked for single lines ever
 * after. What a worker does for the page; it knows files only as blobs.
 */
import { Grouper } from "./meaning/grouper.ts";
import { Interpreter } from "./meaning/interpret.ts";
import { type Note, parseNotes } from "./meaning/notes.ts";
import { plain } from "./meaning/script-text.ts";
import type { Replay } from "./meaning/steps.ts";
import { LineCollector } from "./reader/collect.ts";
import { LineStore } from "./reader/line-store.ts";
import type { Census } from "./reader/lines.ts";
import { type Progress, type ReadProblem, readLog } from "./reader/read.ts";
import { checkReplay, type ReplayOptions } from "./run.ts";
import { type CheckData, checkData, type RunHead, runHead, type StepData, stepData } from "./transfer.ts";

export interface JobFiles {
  readonly name: string;
  readonly log: Blob;
  /** Notes with log line numbers: what they measured is compared, too. */
  readonly steps?: Blob;
  /** The guest's console, with or without log line numbers: only shown. */
  readonly console?: Blob;
  readonly hostLog?: Blob;
  readonly kernel?: string;
  readonly qemu?: string;
}

/** What somebody saw beside the log; `line` 0 when it does not say where. */
export interface Remark {
  readonly line: number;
  readonly tag: string;
  readonly text: string;
}

export interface JobHead {
  readonly name: string;
  readonly runs: readonly RunHead[];
  readonly census: Census;
  readonly problem: ReadProblem | null;
  readonly bytes: number;
  readonly remarks: readonly Remark[];
  /** Companions that could not be used, with the reason. */
  readonly doubts: readonly string[];
}

export interface JobProgress extends Progress {
  readonly bytesTotal: number;
  /** Steps compared so far. */
  readonly steps: number;
}

type Tell = (progress: JobProgress) => void;

const PIECE = 1 << 18;
const MAX_REMARKS = 200_000;
/** Notes and consoles are read whole. */
const MAX_NOTES_BYTES = 64 << 20;
const MAX_REMARK = 500;

async function* pieces(blob: Blob): AsyncIterable<Uint8Array> {
  for (let at = 0; at < blob.size; at += PIECE)
    yield new Uint8Array(await blob.slice(at, at + PIECE).arrayBuffer());
}

async function isGzip(blob: Blob): Promise<boolean> {
  const [a, b] = new Uint8Array(await blob.slice(0, 2).arrayBuffer());
  return a === 0x1f && b === 0x8b;
}

export class ReplayJob {
  private replay: Replay | null = null;
  private store = new LineStore(null);
  private options: ReplayOptions = {};
  private log: Blob = new Blob();
  private readonly now: (() => number) | undefined;

  /** `now`: milliseconds, for a progress that comes a few times a second. */
  constructor(now?: () => number) {
    this.now = now;
  }

  async read(files: JobFiles, tell?: Tell): Promise<JobHead> {
    const doubts: string[] = [];
    const steps = await textOf(files.steps, doubts);
    const notes = parseNotes(steps);
    const said = await textOf(files.console, doubts);
    const remarks = remarksOf([...notes, ...parseNotes(said)]);
    if (remarks.length === notes.length) addPlain(remarks, said);
    if (notes.length === 0) addPlain(remarks, steps);
    const hostLog = files.hostLog === undefined ? null : await hostLines(files.hostLog, doubts);
    this.log = files.log;
    this.options = {
      ...(notes.length === 0 ? {} : { notes }),
      ...(hostLog === null ? {} : { hostLog }),
      ...(files.kernel === undefined ? {} : { kernel: files.kernel }),
      ...(files.qemu === undefined ? {} : { qemu: files.qemu }),
    };
    this.store = new LineStore((await isGzip(files.log)) ? null : files.log);
    const interpreter = new Interpreter(this.options);
    const grouper = new Grouper(interpreter.group);
    const read = await readLog(pieces(files.log), grouper.sink, {
      ...this.reading(tell, () => 0),
      onBytes: this.store.push,
    });
    grouper.end();
    this.store.end();
    this.replay = interpreter.finish(read.census);
    return {
      name: plain(files.name),
      runs: this.replay.runs.map(runHead),
      census: read.census,
      problem: read.problem,
      bytes: read.bytesOut,
      remarks,
      doubts,
    };
  }

  /** Steps `from` to, not including, `to` of a run. */
  steps(run: number, from: number, to: number): StepData[] {
    const one = this.replay?.runs[run];
    return one === undefined ? [] : stepData(one, from, to);
  }

  /** The second reading: the model beside the log. */
  async check(tell?: Tell): Promise<CheckData | null> {
    if (this.replay === null || this.replay.runs.length === 0) return null;
    let steps = 0;
    const read = this.reading(tell, () => steps);
    const onStep = (): void => {
      steps++;
    };
    return checkData(await checkReplay(pieces(this.log), this.replay, { ...this.options, read, onStep }));
  }

  /** Log lines `from` to `to`, both included, counted from 1. */
  lines(from: number, to: number): Promise<string[]> {
    return this.store.lines(from, to);
  }

  private reading(tell: Tell | undefined, steps: () => number): NonNullable<ReplayOptions["read"]> {
    const { now } = this;
    if (tell === undefined) return {};
    const bytesTotal = this.log.size;
    return {
      ...(now === undefined ? {} : { now }),
      onProgress: (progress) => tell({ ...progress, bytesTotal, steps: steps() }),
    };
  }
}

async function textOf(blob: Blob | undefined, doubts: string[]): Promise<string> {
  if (blob === undefined) return "";
  if (blob.size <= MAX_NOTES_BYTES) return await blob.text();
  doubts.push("the notes are too large and were left out");
  return "";
}

const remarksOf = (notes: readonly Note[]): Remark[] =>
  notes
    .toSorted((a, b) => a.line - b.line)
    .slice(0, MAX_REMARKS)
    .map(({ line, tag, text }) => ({ line, tag, text: plain(text.slice(0, MAX_REMARK)) }));

function addPlain(remarks: Remark[], text: string): void {
  for (const line of text.split(/\r?\n/))
    if (line !== "" && remarks.length < MAX_REMARKS)
      remarks.push({ line: 0, tag: "", text: plain(line.slice(0, MAX_REMARK)) });
}

async function hostLines(blob: Blob, doubts: string[]): Promise<string[] | null> {
  const collector = new LineCollector();
  for await (const piece of pieces(blob)) collector.push(piece);
  const problem = collector.end();
  if (problem === null) return collector.lines;
  doubts.push(`the physical SMMU's log was left out: ${problem}`);
  return null;
}
