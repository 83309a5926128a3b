/** Plays a parsed script through the engine's one door and judges its expectations. */
import { buildWorld } from "../engine/build-world.ts";
import type { Outcome } from "../engine/outcome.ts";
import { stateJson } from "../engine/state-json.ts";
import { step } from "../engine/step.ts";
import type { World } from "../engine/world.ts";
import { type CommandItem, type ExpectItem, type Script, statementText } from "./ast.ts";
import { judge, type Moment, type Verdict } from "./judge.ts";
import { type CommandRecord, commandRecord, type EndRecord, type ExpectRecord, type Json } from "./record.ts";

/** One executed item. `record()` builds the JSON object; callers that do not print it do not pay for it. */
export type RunEvent =
  | {
      readonly kind: "command";
      /** Index into script.items. */
      readonly index: number;
      readonly line: number;
      readonly item: CommandItem;
      readonly before: World;
      readonly world: World;
      readonly outcome: Outcome;
      record(): CommandRecord;
    }
  | {
      readonly kind: "expect";
      readonly index: number;
      readonly line: number;
      readonly item: ExpectItem;
      readonly world: World;
      /** One a word of the line, in order. */
      readonly verdicts: readonly Verdict[];
      readonly held: boolean;
      record(): ExpectRecord;
    };

export interface RunEnd {
  readonly world: World;
  readonly commands: number;
  readonly held: number;
  readonly failed: number;
  record(): EndRecord;
}

export interface RunOptions {
  /** Off: no call trees, so `expect calls` sees nothing. */
  readonly trace?: boolean;
  /** Instead of the world of the script's own header. */
  readonly world?: World;
}

/** What came out of an expectation line: the one answer, or the answers by key. */
export function gotOf(verdicts: readonly Verdict[]): Json {
  const only = verdicts[0];
  if (verdicts.length === 1 && only !== undefined && only.key === null) return only.got;
  return Object.fromEntries(verdicts.map((v) => [v.key ?? "", v.got]));
}

/** Runs item by item; the generator's return value is the end. */
export function* run(script: Script, options: RunOptions = {}): Generator<RunEvent, RunEnd> {
  let world = options.world ?? buildWorld(script.setup);
  let last: { before: World; outcome: Outcome } | null = null;
  let commands = 0;
  let heldCount = 0;
  let failed = 0;
  for (const [index, item] of script.items.entries()) {
    const line = script.spans[index]?.line ?? 0;
    if (item.kind === "command") {
      const before = world;
      const stepped = step(before, item.action, { trace: options.trace ?? true });
      world = stepped.world;
      const { outcome } = stepped;
      const after = world;
      last = { before, outcome };
      commands++;
      yield {
        kind: "command",
        index,
        line,
        item,
        before,
        world,
        outcome,
        record: () => commandRecord(line, statementText(item), after, outcome),
      };
    } else if (item.kind === "expect") {
      const moment: Moment = { world, before: last?.before ?? null, outcome: last?.outcome ?? null };
      const verdicts = item.expectations.map((e) => judge(moment, e));
      const held = verdicts.every((v) => v.held);
      if (held) heldCount++;
      else failed++;
      yield {
        kind: "expect",
        index,
        line,
        item,
        world,
        verdicts,
        held,
        record: () => ({ line, expect: item.words.slice(1).join(" "), held, got: gotOf(verdicts) }),
      };
    }
  }
  const end = world;
  return {
    world: end,
    commands,
    held: heldCount,
    failed,
    record: () => ({
      end: true,
      commands,
      expectations: { held: heldCount, failed },
      state: stateJson(end) as Json,
    }),
  };
}

export interface RunResult extends RunEnd {
  readonly events: readonly RunEvent[];
}

/** Runs to the end and keeps everything. */
export function runAll(script: Script, options: RunOptions = {}): RunResult {
  const events: RunEvent[] = [];
  const it = run(script, options);
  for (let r = it.next(); ; r = it.next()) {
    if (r.done) return { ...r.value, events };
    events.push(r.value);
  }
}
