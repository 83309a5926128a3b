/**
 * A log, twice over: once for the script, once to play it and compare. Nothing of the log is kept between the two, so
 * the source must be readable twice.
 */
import { Checker, type CheckOptions } from "./check/checker.ts";
import type { CheckResult } from "./check/result.ts";
import { Grouper } from "./meaning/grouper.ts";
import { Interpreter } from "./meaning/interpret.ts";
import type { InterpretOptions } from "./meaning/run-context.ts";
import type { Replay } from "./meaning/steps.ts";
import { type ByteSource, type ReadOptions, type ReadProblem, readLog } from "./reader/read.ts";

export interface ReplayOptions extends InterpretOptions {
  /** Progress of either pass. */
  readonly read?: ReadOptions;
  readonly onStep?: CheckOptions["onStep"];
  /** Only the script, without playing it. */
  readonly scriptOnly?: boolean;
}

export interface ReplayResult {
  readonly replay: Replay;
  /** Null when only the script was asked for, or nothing could be read. */
  readonly check: CheckResult | null;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly problem: ReadProblem | null;
}

/** First pass: what the log says, as steps. */
export async function readReplay(
  source: ByteSource,
  options: ReplayOptions = {},
): Promise<Omit<ReplayResult, "check">> {
  const interpreter = new Interpreter(options);
  const grouper = new Grouper(interpreter.group);
  const read = await readLog(source, grouper.sink, options.read);
  grouper.end();
  return {
    replay: interpreter.finish(read.census),
    bytesIn: read.bytesIn,
    bytesOut: read.bytesOut,
    problem: read.problem,
  };
}

/** Second pass: the model beside the log. */
export async function checkReplay(
  source: ByteSource,
  replay: Replay,
  options: ReplayOptions = {},
): Promise<CheckResult> {
  const { notes, hostLog, onStep } = options;
  const checker = new Checker(replay, {
    ...(notes === undefined ? {} : { notes }),
    ...(hostLog === undefined ? {} : { hostLog }),
    ...(onStep === undefined ? {} : { onStep }),
  });
  const grouper = new Grouper(checker.group);
  await readLog(source, grouper.sink, options.read);
  grouper.end();
  return checker.finish();
}

/** Both. `open` is called once for each pass. */
export async function replayLog(open: () => ByteSource, options: ReplayOptions = {}): Promise<ReplayResult> {
  const first = await readReplay(open(), options);
  const useless = first.replay.runs.length === 0;
  const check = options.scriptOnly || useless ? null : await checkReplay(open(), first.replay, options);
  return { ...first, check };
}
