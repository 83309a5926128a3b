/** Reads `expect` lines: what is judged first (the last command, a device, a vSMMU, a table of counts), then what it must be. */

import type { Env } from "./arg-types.ts";
import { callsWords, errorText, eventsWords, outcomeWord, resultWord } from "./expect-command.ts";
import { EXPECT_HEADS } from "./expect-heads.ts";
import { countWord, deviceWord, idWord, psmmuWord, usersWord, vsmmuWord } from "./expect-state.ts";
import { type Asked, Wrong } from "./expect-words.ts";
import type { Expectation } from "./expectation.ts";
import { quote, type Token } from "./lexer.ts";
import type { Problem } from "./problem.ts";
import { problemAt } from "./read-args.ts";
import { nearest } from "./suggest.ts";

export interface ParsedExpect {
  readonly words: readonly string[];
  readonly expectations: readonly Expectation[];
}

/** Null when something was wrong; every wrong word of the line is in `problems`. */
export function parseExpect(tokens: readonly Token[], env: Env, problems: Problem[]): ParsedExpect | null {
  const before = problems.length;
  const head = tokens[1];
  if (head === undefined) {
    problems.push(
      problemAt(tokens[0] as Token, "nothing is expected", `${EXPECT_HEADS.join(", ")}, a device or a vsmmu`),
    );
    return null;
  }
  const words = ["expect"];
  const expectations: Expectation[] = [];
  const each = (list: readonly Token[], body: (t: Token) => Asked): void => {
    for (const t of list) {
      try {
        const { word, e } = body(t);
        words.push(word);
        expectations.push(e);
      } catch (error) {
        if (!(error instanceof Wrong)) throw error;
        problems.push(problemAt(error.token, error.message, error.expected, error.suggestion));
      }
    }
  };
  const rest = tokens.slice(2);
  try {
    subject(head, rest, env, words, each, expectations);
  } catch (error) {
    if (!(error instanceof Wrong)) throw error;
    problems.push(problemAt(error.token, error.message, error.expected, error.suggestion));
  }
  return problems.length > before ? null : { words, expectations };
}

type Each = (list: readonly Token[], body: (t: Token) => Asked) => void;

function subject(
  head: Token,
  rest: readonly Token[],
  env: Env,
  words: string[],
  each: Each,
  out: Expectation[],
): void {
  const { devices, vsmmus, psmmus } = env.setup;
  if (head.key !== null) {
    // `expect errno=EBUSY`, alone or among others of its kind.
    each([head, ...rest], (t) => outcomeWord(t));
    return;
  }
  const word = head.text;
  if (word === "error") {
    words.push("error", "~", quote(errorText(rest, head)));
    out.push({ kind: "error", text: errorText(rest, head) });
    return;
  }
  if (word === "ok" || word === "fail" || word === "rejected") {
    words.push(word);
    out.push({ kind: word });
    each(rest, (t) => outcomeWord(t));
    return;
  }
  const list = (what: string, body: (t: Token) => Asked): void => {
    words.push(word);
    if (rest.length === 0) throw new Wrong(head, `"expect ${word}" needs ${what}`, what);
    each(rest, body);
  };
  const special: Readonly<Record<string, () => void>> = {
    users: () => list("OBJECT=N", (t) => usersWord(t, env)),
    id: () => list("OBJECT=ID", (t) => idWord(t, env)),
    count: () => list("TYPE=N", countWord),
    result: () => list("KEY=VALUE", resultWord),
    calls: () => callsWords(head, rest, env, words, out),
    events: () => eventsWords(head, rest, env, words, out),
  };
  const own = Object.hasOwn(special, word) ? special[word] : undefined;
  const dev = devices.findIndex((d) => d.name === word);
  const v = vsmmus.findIndex((x) => x.name === word);
  const p = psmmus.findIndex((x) => x.name === word);
  if (own !== undefined) {
    own();
    return;
  }
  if (dev >= 0) {
    list("KEY=VALUE", (t) => deviceWord(t, dev, env));
    return;
  }
  if (v >= 0) {
    list("KEY=VALUE", (t) => vsmmuWord(t, v, env));
    return;
  }
  if (p >= 0) {
    list("vmids=N,…", (t) => psmmuWord(t, p));
    return;
  }
  const names = [
    ...EXPECT_HEADS,
    ...devices.map((d) => d.name),
    ...vsmmus.map((x) => x.name),
    ...psmmus.map((x) => x.name),
  ];
  throw new Wrong(
    head,
    `nothing to expect of "${word}"`,
    `${EXPECT_HEADS.join(", ")}, a device, a vsmmu or a psmmu`,
    nearest(word, names),
  );
}
