// What learning costs: a question, a lesson opened, a challenge proved.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { makeQuestion } from "../src/learn/ask-scene.ts";
import { parseChallenge } from "../src/learn/challenge.ts";
import { parseLesson } from "../src/learn/lesson.ts";
import { type PlayedLesson, playLesson, predictionQuestion } from "../src/learn/play.ts";
import { prove } from "../src/learn/prove.ts";
import { makeReady } from "../src/learn/start.ts";
import { type Bench, type Measure, type Sample, summarise, time } from "./harness.ts";

const CONTENT = new URL("../content/", import.meta.url);

const texts = (folder: string): string[] => {
  const at = new URL(`${folder}/`, CONTENT);
  if (!existsSync(at)) return [];
  return readdirSync(at)
    .filter((f) => f.endsWith(".md"))
    .map((f) => readFileSync(new URL(f, at), "utf8"));
};

/** Every seed another question. */
function questions(count: number): Sample {
  const values: number[] = [];
  for (let seed = -20; seed < count; seed++) {
    const from = performance.now();
    makeQuestion(seed);
    if (seed >= 0) values.push(performance.now() - from);
  }
  return summarise(values);
}

/** As the page opens it: read, play, judge every claim. */
function openLesson(text: string): PlayedLesson {
  const read = parseLesson(text);
  if (!read.ok) throw new Error(read.problems[0]?.message);
  return playLesson(read.value);
}

/** Every prediction of a lesson made into a question, one time each. */
function predictions(played: PlayedLesson): number[] {
  const values: number[] = [];
  for (const m of played.moments)
    for (const p of m.step.predictions) {
      const from = performance.now();
      predictionQuestion(played, m, p);
      values.push(performance.now() - from);
    }
  return values;
}

function proveOne(text: string): void {
  const read = parseChallenge(text);
  const ready = read.ok ? makeReady(read.value) : read;
  if (!ready.ok) throw new Error(ready.problems[0]?.message);
  const proof = prove(ready.value);
  if (!proof.ok) throw new Error(proof.problems[0]?.message);
}

export const bench: Bench = {
  title: "Learn: questions, lessons, challenges",
  async run(): Promise<readonly Measure[]> {
    const made = questions(1000);
    const measures: Measure[] = [
      {
        name: "question made, p95 of 1000 seeds",
        value: made.p95,
        unit: "ms",
        goal: { atMost: 50 },
        note: `median ${made.median.toFixed(1)} ms, longest ${made.max.toFixed(1)} ms`,
      },
    ];
    const lessons = texts("lessons");
    const opened: Sample[] = [];
    for (const text of lessons) opened.push(await time(() => openLesson(text), { samples: 7, warmup: 2 }));
    const asked = lessons.flatMap((text) => predictions(openLesson(text)));
    if (lessons.length > 0)
      measures.push(
        {
          name: "lesson opened: read, played and judged, the slowest",
          value: Math.max(...opened.map((s) => s.median)),
          unit: "ms",
          goal: { atMost: 200 },
          note: `${lessons.length} lessons`,
        },
        {
          name: "prediction of a lesson made into a question, p95",
          value: summarise(asked).p95,
          unit: "ms",
          goal: { atMost: 50 },
          note: `${asked.length} predictions`,
        },
      );
    const all = texts("challenges");
    const from = performance.now();
    for (const text of all) proveOne(text);
    measures.push({
      name: `all ${all.length} challenges proved`,
      value: performance.now() - from,
      unit: "ms",
    });
    return measures;
  },
};
