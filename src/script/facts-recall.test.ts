import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { buildWorld } from "../engine/build-world.ts";
import { deviceFacts } from "../engine/observe.ts";
import { step } from "../engine/step.ts";
import type { Script } from "./ast.ts";
import { parse } from "./parse.ts";

const folder = new URL("../../content/scenarios/", import.meta.url);

function open(text: string): Script {
  const parsed = parse(text);
  if (!parsed.ok) throw new Error(parsed.problems[0]?.message);
  return parsed.value;
}

/** Facts of every device after every command; `each` step asked, or the last one alone. */
function factsOf(text: string, upTo: number, each: boolean): string[][] {
  const script = open(text);
  let world = buildWorld(script.setup);
  const out: string[][] = [];
  const commands = script.items.filter((i) => i.kind === "command").slice(0, upTo);
  for (const [n, item] of commands.entries()) {
    world = step(world, item.action, { trace: false }).world;
    if (!each && n < commands.length - 1) continue;
    out.push(
      script.setup.devices.map((_, dev) =>
        JSON.stringify(deviceFacts(world, dev), (_k, v) =>
          typeof v === "bigint" ? `0x${v.toString(16)}` : v,
        ),
      ),
    );
  }
  return out;
}

test.each(readdirSync(folder).filter((f) => f.endsWith(".lab")))(
  "%s: facts taken over from an earlier step are what they would be if computed afresh",
  (file) => {
    const text = readFileSync(new URL(file, folder), "utf8");
    const walked = factsOf(text, Number.POSITIVE_INFINITY, true);
    // Another parse is another setup, for which nothing is remembered.
    walked.forEach((facts, n) => {
      expect(facts).toEqual(factsOf(text, n + 1, false)[0]);
    });
  },
);
