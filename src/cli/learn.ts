/** `lab learn`: plays lessons, challenges and the glossary, proves every par, and tells what cannot stand. */
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import {
  type Catalog,
  type ContentFile,
  deadLinks,
  type FileOf,
  readCatalog,
  readContent,
  slugOf,
} from "../learn/catalog.ts";
import type { Challenge } from "../learn/challenge.ts";
import { type Checked, checkChallenge, checkGlossary, checkLesson } from "../learn/check.ts";
import type { Proof } from "../learn/prove.ts";
import { printProved, provedOf, readProved } from "../learn/proved.ts";
import { fileProblemText, type LineProblem } from "../script/marked.ts";
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

interface Report {
  readonly path: string;
  /** What it is and what was found good of it, in words. */
  readonly told: string;
  readonly problems: readonly LineProblem[];
  readonly remarks: readonly LineProblem[];
  readonly json: Readonly<Record<string, unknown>>;
}

const count = (n: number, one: string): string => `${n} ${one}${n === 1 ? "" : "s"}`;

function report(
  file: ContentFile,
  catalog: Catalog,
  recorded: (c: Challenge) => Proof | null | undefined,
): Report & {
  readonly proof: Proof | null;
} {
  const { path } = file;
  const read = readContent(file);
  const of = (
    kind: string,
    told: string,
    checked: Checked,
    links: Parameters<typeof deadLinks>[0],
    more: object,
  ) => ({
    path,
    told,
    problems: [...checked.problems, ...deadLinks(links, catalog)].sort((a, b) => a.line - b.line),
    remarks: checked.remarks,
    json: { kind, ...more },
  });
  if (!read.ok)
    return { path, told: "refused", problems: read.problems, remarks: [], json: { kind: null }, proof: null };
  const { kind, value } = read.value;
  if (kind === "lesson") {
    const steps = value.steps.length;
    const questions = value.steps.reduce((n, s) => n + s.predictions.length, 0);
    const links = value.steps.flatMap((s) => s.links);
    const told = `lesson, ${count(steps, "step")}, ${count(questions, "prediction")}`;
    return {
      ...of(kind, told, checkLesson(value), links, { title: value.title, steps, questions }),
      proof: null,
    };
  }
  if (kind === "glossary") {
    const links = value.flatMap((e) => e.links);
    return {
      ...of(kind, `glossary, ${count(value.length, "term")}`, checkGlossary(value), links, {
        terms: value.length,
      }),
      proof: null,
    };
  }
  const checked = checkChallenge(value);
  const { proof } = checked;
  const told =
    proof === null
      ? "challenge"
      : `challenge, grade ${value.grade}, par ${proof.par} (${count(proof.states, "state")})`;
  const made = of(kind, told, checked, value.links, {
    title: value.title,
    grade: value.grade,
    par: proof?.par ?? null,
  });
  const known = recorded(value);
  const stale =
    known !== undefined && proof !== null && known?.par !== proof.par
      ? [{ line: 0, message: `${PROVED} does not say par ${proof.par}; run lab learn --prove` }]
      : [];
  return { ...made, problems: [...made.problems, ...stale], proof };
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
    const r = report(file, catalog, (c) => (shipped ? provedOf(slug, c, proofs) : undefined));
    const { path, problems, remarks } = r;
    if (problems.length > 0) failed++;
    const here = catalog.challenges.find((c: FileOf<Challenge>) => c.path === path);
    if (r.proof !== null && here !== undefined) proved.push([slug, here.value, r.proof]);
    if (json) out.line(JSON.stringify({ file: path, ...r.json, problems, remarks }));
    else {
      out.line(`${problems.length === 0 ? "ok    " : "FAILED"}  ${path}: ${r.told}`);
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
