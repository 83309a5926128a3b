/** What a verb is made of. Parser, printer, completion, reference and `lab help` read nothing else. */
import type { Action } from "../engine/actions.ts";
import type { ArgType, Env } from "./arg-types.ts";

export type VerbLayer = "header" | "machine" | "guest" | "host" | "fault" | "expect";

/** `T` of the type is erased here: `Args` hands it out again under the name the verb chose. */
type AnyType = ArgType<unknown>;

export type ArgSpec =
  /** A plain word at its place. */
  | {
      readonly form: "word";
      readonly name: string;
      readonly type: AnyType;
      readonly optional?: true;
      readonly help: string;
    }
  /** All further plain words. */
  | { readonly form: "words"; readonly name: string; readonly type: AnyType; readonly help: string }
  | {
      readonly form: "key";
      readonly name: string;
      readonly type: AnyType;
      readonly required?: true;
      /** What holds without it, as a script would write it; null when nothing does. */
      readonly default: string | null;
      readonly help: string;
    }
  /** A plain word that is there or not. */
  | { readonly form: "flag"; readonly name: string; readonly help: string }
  /** `as NAME`. */
  | { readonly form: "as"; readonly help: string }
  /** Keys that depend on the words before them. */
  | {
      readonly form: "keys";
      readonly name: string;
      readonly shape: string;
      keys(args: Args, env: Env): Readonly<Record<string, AnyType>>;
      readonly help: string;
    };

export interface VerbSpec {
  readonly name: string;
  readonly layer: VerbLayer;
  /** One line, no full stop. */
  readonly summary: string;
  /** Markdown paragraphs. */
  readonly details: string;
  readonly args: readonly ArgSpec[];
  /** One line that parses and runs behind `before`. */
  readonly example: string;
  /** Lines the example needs. */
  readonly before?: readonly string[];
}

export interface CommandSpec extends VerbSpec {
  readonly layer: "machine" | "guest" | "host" | "fault";
  lower(args: Args, env: Env): Action;
}

/** Thrown by `lower` for what a single argument's type cannot see; the parser turns it into a problem. */
export class ArgProblem extends Error {
  readonly arg: string | null;
  readonly expected: string | null;
  readonly suggestion: string | null;

  constructor(
    arg: string | null,
    message: string,
    expected: string | null = null,
    suggestion: string | null = null,
  ) {
    super(message);
    this.arg = arg;
    this.expected = expected;
    this.suggestion = suggestion;
  }
}

/** The arguments of one line, read. */
export class Args {
  private readonly values = new Map<string, unknown>();

  set(name: string, value: unknown): void {
    this.values.set(name, value);
  }

  has(name: string): boolean {
    return this.values.has(name);
  }

  /** The value of an argument that is there; its type is the one its spec names. */
  get<T>(name: string): T {
    if (!this.values.has(name)) throw new Error(`script verb table: argument "${name}" was not read`);
    return this.values.get(name) as T;
  }

  or<T>(name: string, fallback: T): T {
    return this.values.has(name) ? (this.values.get(name) as T) : fallback;
  }

  flag(name: string): boolean {
    return this.values.get(name) === true;
  }

  opt<T>(name: string): T | undefined {
    return this.values.get(name) as T | undefined;
  }
}

/** Without its undefined properties: what `exactOptionalPropertyTypes` wants of an optional one. */
export function defined<T extends object>(o: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(o).filter(([, v]) => v !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

export const word = (name: string, type: AnyType, help: string): ArgSpec => ({
  form: "word",
  name,
  type,
  help,
});
export const optionalWord = (name: string, type: AnyType, help: string): ArgSpec => ({
  form: "word",
  name,
  type,
  optional: true,
  help,
});
export const key = (name: string, type: AnyType, fallback: string | null, help: string): ArgSpec => ({
  form: "key",
  name,
  type,
  default: fallback,
  help,
});
export const required = (name: string, type: AnyType, help: string): ArgSpec => ({
  form: "key",
  name,
  type,
  required: true,
  default: null,
  help,
});
export const flag = (name: string, help: string): ArgSpec => ({ form: "flag", name, help });
export const as = (help: string): ArgSpec => ({ form: "as", help });

/** `plug DEVICE VSMMU [bdf=BB:DD.F] [hot]`. */
export function synopsis(v: VerbSpec): string {
  return [v.name, ...v.args.map(argShape)].join(" ");
}

function argShape(a: ArgSpec): string {
  switch (a.form) {
    case "word":
      return a.optional ? `[${a.type.shape}]` : a.type.shape;
    case "words":
      return `${a.type.shape}…`;
    case "key":
      return a.required ? `${a.name}=${a.type.shape}` : `[${a.name}=${a.type.shape}]`;
    case "flag":
      return `[${a.name}]`;
    case "as":
      return "[as NAME]";
    case "keys":
      return `[${a.shape}]`;
  }
}
