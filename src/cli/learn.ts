/** `lab learn`: plays lessons, challenges and the glossary, proves every par, and tells what cannot stand. */
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { type ContentFile, readCatalog, slugOf } from "../learn/catalog.ts";
import type { Challenge } from "../learn/challenge.ts";
import { type CheckedFile, checkFile } from "../learn/check-file.ts";
import type { Proof } from "../learn/prove.ts";
import { printProved, provedOf, readProved } from "../learn/proved.ts";
import { fileProblemText } from "../script/marked.ts";
import type { Parsed } from "./args.ts";
import { fileProblem, readSource } from "./files.ts";
import { type CliIo, FAILED, HELD, Out, UsageError } from "./io.ts";
import type { Subcommand } from "./subcommand.ts";

export const LEARN: Subcommand = {
  name: "learn",
  operands: "[FILE…]",
  summary: "Play lessons and challenges, prove every par, tell what cannot stand",
  options: [
    { name: "prove", value: null, help: "write the proofs to content/challenges/proved.json" },
    { name: "json", value: null, help: "JSON Lines: one object a file, and one at the end" },
  ],
  notes: [
    "Without a FILE: content/lessons, content/challenges and content/glossary.md",
    "of the folder it is called in; links between files are looked up there.",
    "Problems name file, line and reason. Remarks (a stale claim, a rule that no",
    "step shows) do not fail. Exit status: 0 all stand, 1 something does not,",
    "2 a usage error.",
  ],
  run: learnMain,
};

const CONTENT = "content";
const PROVED = join(CONTENT, "challenges", "proved.json");

async function markdownIn(io: CliIo, folder: string): Promise<string[]> {
  try {
    const names = await readdir(resolve(io.cwd, folder));
    return names
      .filter((n) => n.endsWith(".md"))
      .sort()
      .map((n) => `${folder}/${n}`);
  } catch {
    return [];
  }
}

/** The course of the folder the command was called in; empty if there is none. */
async function courseOf(io: CliIo): Promise<ContentFile[]> {
  const paths = [
    ...(await markdownIn(io, `${CONTENT}/lessons`)),
    ...(await markdownIn(io, `${CONTENT}/challenges`)),
  ];
  const glossary = `${CONTENT}/glossary.md`;
  const there = await stat(resolve(io.cwd, glossary)).catch(() => null);
  if (there !== null) paths.push(glossary);
  return Promise.all(paths.map(async (path) => ({ path, text: (await readSource(io, path)).text })));
}

const count = (n: number, one: string): string => `${n} ${one}${n === 1 ? "" : "s"}`;

/** What it is and what was found of it, in words and as data. */
function told({ content, proof }: CheckedFile): { readonly text: string; readonly json: object } {
  switch (content?.kind) {
    case undefined:
      return { text: "refused", json: { kind: null } };
    case "lesson": {
      const { steps, title } = content.value;
      const predictions = steps.reduce((n, s) => n + s.predictions.length, 0);
      return {
        text: `lesson, ${count(steps.length, "step")}, ${count(predictions, "prediction")}`,
        json: { kind: "lesson", title, steps: steps.length, predictions },
      };
    }
    case "glossary": {
      const terms = content.value.length;
      return { text: `glossary, ${count(terms, "term")}`, json: { kind: "glossary", terms } };
    }
    case "challenge": {
      const { grade, title } = content.value;
      const par = proof?.par ?? null;
      const proved = proof === null ? "" : `, par ${par} (${count(proof.states, "state")})`;
      return {
        text: `challenge, grade ${grade}${proved}`,
        json: { kind: "challenge", title, grade, par, way: proof?.way ?? null },
      };
    }
  }
}

async function learnMain(args: Parsed, io: CliIo): Promise<number> {
  const course = await courseOf(io);
  const asked =
    args.positional.length === 0
      ? course
      : await Promise.all(
          args.positional.map(async (path) => {
            const { name, text } = await readSource(io, path);
            return { path: name, text };
          }),
        );
  if (asked.length === 0)
    throw new UsageError(`no course here: there are no lessons or challenges under ${CONTENT}/`);
  const prove = args.switches.has("prove");
  if (prove && args.positional.length > 0) throw new UsageError("--prove takes the whole course, no FILE");
  const others = course.filter((c) => !asked.some((a) => a.path === c.path));
  const catalog = readCatalog([...others, ...asked]);
  const proofs = prove ? {} : await recordedProofs(io);
  const json = args.switches.has("json");
  const out = new Out(io.stdout);
  const proved: [string, Challenge, Proof][] = [];
  let failed = 0;
  for (const file of asked) {
    const slug = slugOf(file.path);
    const shipped = course.some((c) => c.path === file.path) && !prove;
    const checked = checkFile(file, catalog);
    const { path, content, proof, remarks } = checked;
    const problems = [...checked.problems];
    if (content?.kind === "challenge" && proof !== null) {
      proved.push([slug, content.value, proof]);
      if (shipped && provedOf(slug, content.value, proofs)?.par !== proof.par)
        problems.push({ line: 0, message: `${PROVED} does not say par ${proof.par}; run lab learn --prove` });
    }
    if (problems.length > 0) failed++;
    const { text, json: data } = told(checked);
    if (json) out.line(JSON.stringify({ file: path, ...data, problems, remarks }));
    else {
      out.line(`${problems.length === 0 ? "ok    " : "FAILED"}  ${path}: ${text}`);
      for (const x of remarks) out.line(`        remark: ${fileProblemText(path, x)}`);
      out.flush();
      for (const p of problems) io.stderr.write(`${fileProblemText(path, p)}\n`);
    }
  }
  if (prove && failed === 0) await writeFile(resolve(io.cwd, PROVED), printProved(proved));
  if (json) out.line(JSON.stringify({ end: true, files: asked.length, failed }));
  else out.line(`${count(asked.length, "file")}, ${failed} failed`);
  out.flush();
  return failed > 0 ? FAILED : HELD;
}

async function recordedProofs(io: CliIo): Promise<ReturnType<typeof readProved>> {
  let text: string;
  try {
    text = await readFile(resolve(io.cwd, PROVED), "utf8");
  } catch {
    return {};
  }
  try {
    return readProved(JSON.parse(text));
  } catch (error) {
    throw new UsageError(`${PROVED}: ${fileProblem(error)}`);
  }
}
