/**
 * Text to script. Everything wrong is found in one go and, if anything is, nothing is handed out: the header
 * first (it names the topology), then the commands in order (they name objects).
 */
import type { Setup } from "../engine/setup.ts";
import type { Env } from "./arg-types.ts";
import type { Item, Parsed, Script, Span } from "./ast.ts";
import { HeaderDraft, setupOf } from "./header.ts";
import { type LogicalLine, lex, type Token } from "./lexer.ts";
import { parseExpect } from "./parse-expect.ts";
import { commentFits, wrapComment } from "./print.ts";
import type { Problem } from "./problem.ts";
import { type Line, problemAt, readArgs } from "./read-args.ts";
import { EMPTY_SCOPE, type Scope } from "./scope.ts";
import { nearest } from "./suggest.ts";
import { ArgProblem, type CommandSpec } from "./verb.ts";
import { COMMANDS, HEADERS, VERB_NAMES } from "./verbs.ts";
import type { HeaderSpec } from "./verbs-header.ts";

/** A whole script. */
export function parse(source: string): Parsed<Script> {
  const problems: Problem[] = [];
  const lines = lex(source, problems);
  const draft = new HeaderDraft();
  const slots: (Item[] | null)[] = lines.map((l) => headerItems(l, draft, problems));
  const setup = setupOf(draft, problems);
  let scope = EMPTY_SCOPE;
  let begun: Token | null = null;
  const items: Item[] = [];
  const spans: Span[] = [];
  for (const [i, line] of lines.entries()) {
    let made = slots[i] ?? null;
    const verb = line.tokens[0];
    if (made === null && verb !== undefined) {
      begun ??= verb;
      const body = bodyItems(line, { setup, scope }, problems);
      made = body.items;
      scope = body.scope;
    } else if (verb !== undefined && begun !== null && HEADERS.has(verb.text)) {
      problems.push(
        problemAt(verb, `"${verb.text}" belongs to the header`, `a place before line ${begun.line}`),
      );
    }
    for (const item of made ?? plainItems(line)) {
      items.push(item);
      spans.push({ line: line.line, lastLine: line.lastLine });
    }
  }
  if (problems.length > 0) return { ok: false, problems: inOrder(problems) };
  return { ok: true, value: { items, spans, setup } };
}

/**
 * What a line of a text that is still being written may refer to: the topology of the header as far as it makes sense,
 * and the names given above the line. `header`: no command stands above it.
 */
export function environmentAt(source: string, line: number): { readonly env: Env; readonly header: boolean } {
  const lines = lex(source, []).filter((l) => l.tokens.length > 0);
  const draft = new HeaderDraft();
  let scope = EMPTY_SCOPE;
  let header = true;
  for (const l of lines) {
    const verb = l.tokens[0] as Token;
    if (HEADERS.has(verb.text)) {
      if (l.line !== line) headerItems(l, draft, []);
    } else if (l.line < line) {
      header = false;
      scope = declaredIn(l.tokens, scope, COMMANDS.get(verb.text));
    }
  }
  return { env: { setup: setupOf(draft, []), scope }, header };
}

/** Lines that go on from a point of a script: commands, expectations, comments. */
export function parseLines(
  source: string,
  setup: Setup,
  scope: Scope,
): Parsed<{ readonly items: readonly Item[]; readonly scope: Scope }> {
  const problems: Problem[] = [];
  const items: Item[] = [];
  let now = scope;
  // A line that consists of nothing is still a line: the blank that a console sends.
  const lines = lex(source === "" ? "\n" : source, problems);
  for (const line of lines) {
    const verb = line.tokens[0];
    if (verb === undefined) {
      items.push(...plainItems(line));
      continue;
    }
    if (verb.key === null && HEADERS.has(verb.text)) {
      problems.push(
        problemAt(verb, `"${verb.text}" belongs to the header`, "a command; edit the header instead"),
      );
      continue;
    }
    const body = bodyItems(line, { setup, scope: now }, problems);
    items.push(...body.items);
    now = body.scope;
  }
  if (problems.length > 0) return { ok: false, problems: inOrder(problems) };
  return { ok: true, value: { items, scope: now } };
}

const inOrder = (problems: readonly Problem[]): Problem[] =>
  problems.slice().sort((a, b) => a.line - b.line || a.column - b.column);

/** Items of a line without words. */
function plainItems(line: LogicalLine): Item[] {
  if (line.comment === null) return [{ kind: "blank" }];
  return wrapComment(line.comment).map((text) => ({ kind: "comment", text }));
}

/** A statement and its comment: behind it where it fits, above it where not. */
function withComment<T extends { readonly words: readonly string[]; readonly comment: string | null }>(
  line: LogicalLine,
  statement: T & Item,
): Item[] {
  if (line.comment === null) return [statement];
  const pieces = wrapComment(line.comment);
  const only = pieces[0];
  if (pieces.length === 1 && only !== undefined && commentFits(statement.words, only))
    return [{ ...statement, comment: only }];
  return [...pieces.map((text): Item => ({ kind: "comment", text })), statement];
}

/** Items of a header line; null if the line is no header line. */
function headerItems(line: LogicalLine, draft: HeaderDraft, problems: Problem[]): Item[] | null {
  const verb = line.tokens[0];
  if (verb === undefined || verb.key !== null || verb.quoted) return null;
  const spec = HEADERS.get(verb.text);
  if (spec === undefined) return null;
  if (spec.once && draft.once.has(spec.name))
    problems.push(problemAt(verb, `"${spec.name}" twice`, "one such line"));
  draft.once.add(spec.name);
  // Header values refer to nothing that a setup would have to know yet.
  const env: Env = { setup: EMPTY_SETUP, scope: EMPTY_SCOPE };
  const read = readArgs(spec, line.tokens, env, problems);
  if (read === null) {
    rescueName(spec, line.tokens, draft);
    return [];
  }
  attempt(read, verb, problems, () => spec.apply(read.args, draft, read.places));
  return withComment(line, { kind: "header", verb: spec.name, words: read.words, comment: null });
}

const EMPTY_SETUP = { psmmus: [], devices: [], vsmmus: [] } as unknown as Setup;

/** A declaration with a wrong key still declares its name: the lines that use it are not wrong for that. */
function rescueName(spec: HeaderSpec, tokens: readonly Token[], draft: HeaderDraft): void {
  const name = tokens[1];
  const first = spec.args[0];
  if (name === undefined || name.key !== null || first?.form !== "word" || first.name !== "name") return;
  const again = readArgs(spec, [tokens[0] as Token, name], { setup: EMPTY_SETUP, scope: EMPTY_SCOPE }, []);
  if (again === null) return;
  attempt(again, name, [], () => spec.apply(again.args, draft, again.places));
}

/** Runs `body`; what it throws about an argument becomes a problem at that argument. */
function attempt<T>(read: Line, verb: Token, problems: Problem[], body: () => T): T | null {
  try {
    return body();
  } catch (error) {
    if (!(error instanceof ArgProblem)) throw error;
    const place = error.arg === null ? verb : (read.places.get(error.arg) ?? verb);
    problems.push(problemAt(place, error.message, error.expected, error.suggestion));
    return null;
  }
}

/** Items of a command or an expectation, and the scope behind it. */
function bodyItems(line: LogicalLine, env: Env, problems: Problem[]): { items: Item[]; scope: Scope } {
  const verb = line.tokens[0] as Token;
  if (verb.key !== null || verb.quoted) {
    problems.push(problemAt(verb, "a line begins with a verb", `one of ${VERB_NAMES.length} verbs`));
    return { items: [], scope: env.scope };
  }
  if (verb.text === "expect") {
    const parsed = parseExpect(line.tokens, env, problems);
    if (parsed === null) return { items: [], scope: env.scope };
    const items = withComment(line, {
      kind: "expect",
      words: parsed.words,
      comment: null,
      expectations: parsed.expectations,
    });
    return { items, scope: env.scope };
  }
  const spec = COMMANDS.get(verb.text);
  if (spec === undefined) {
    problems.push(problemAt(verb, `unknown verb "${verb.text}"`, "a verb", nearest(verb.text, VERB_NAMES)));
    return { items: [], scope: declaredIn(line.tokens, env.scope) };
  }
  const read = readArgs(spec, line.tokens, env, problems);
  // The name of a line that is wrong otherwise counts as given: what uses it is not wrong for that.
  if (read === null) return { items: [], scope: declaredIn(line.tokens, env.scope, spec) };
  const action = attempt(read, verb, problems, () => spec.lower(read.args, env));
  const declares = declaredName(spec, read);
  const scope = declares === null ? env.scope : env.scope.with(declares);
  if (action === null) return { items: [], scope };
  const items = withComment(line, {
    kind: "command",
    verb: spec.name,
    words: read.words,
    comment: null,
    action,
    declares,
  });
  return { items, scope };
}

/** What a command adds to the scope; file names are marked (see host-types.ts). */
function declaredName(spec: CommandSpec, read: Line): string | null {
  const name = read.args.opt<string>("as");
  if (name !== undefined) return spec.name === "iommufd" ? `fd ${name}` : name;
  const backend =
    spec.name === "plug" || spec.name === "realize" ? read.args.opt<string>("iommufd") : undefined;
  return backend === undefined ? null : `fd ${backend}`;
}

function declaredIn(tokens: readonly Token[], scope: Scope, spec?: CommandSpec): Scope {
  const i = tokens.findIndex((t) => t.key === null && t.text === "as");
  const name = i < 0 ? undefined : tokens[i + 1];
  if (name === undefined || name.key !== null) return scope;
  return scope.with(spec?.name === "iommufd" ? `fd ${name.text}` : name.text);
}
