/** Options of a subcommand: `--name`, `--name value`, `--name=value`, `--` ends them. */
import { nearest } from "../script/suggest.ts";
import { UsageError } from "./io.ts";

export interface OptionSpec {
  readonly name: string;
  /** Placeholder of its value; null for a switch. */
  readonly value: string | null;
  readonly help: string;
}

export interface Parsed {
  readonly positional: readonly string[];
  readonly switches: ReadonlySet<string>;
  /** Last one wins. */
  readonly values: ReadonlyMap<string, string>;
  /** Every value an option was given, in order. */
  readonly lists: ReadonlyMap<string, readonly string[]>;
}

export function parseArgs(argv: readonly string[], options: readonly OptionSpec[]): Parsed {
  const positional: string[] = [];
  const switches = new Set<string>();
  const values = new Map<string, string>();
  const lists = new Map<string, string[]>();
  for (let i = 0; i < argv.length; i++) {
    const arg = argv[i] as string;
    if (arg === "--") {
      positional.push(...argv.slice(i + 1));
      break;
    }
    if (!arg.startsWith("--") || arg === "-") {
      if (arg.startsWith("-") && arg !== "-") throw new UsageError(`unknown option ${arg}`);
      positional.push(arg);
      continue;
    }
    const eq = arg.indexOf("=");
    const name = eq < 0 ? arg.slice(2) : arg.slice(2, eq);
    const spec = options.find((o) => o.name === name);
    if (spec === undefined) {
      const close = nearest(
        name,
        options.map((o) => o.name),
      );
      throw new UsageError(`unknown option --${name}${close === null ? "" : `; did you mean --${close}?`}`);
    }
    if (spec.value === null) {
      if (eq >= 0) throw new UsageError(`--${name} takes no value`);
      switches.add(name);
      continue;
    }
    const value = eq < 0 ? argv[++i] : arg.slice(eq + 1);
    if (value === undefined) throw new UsageError(`--${name} needs ${spec.value}`);
    values.set(name, value);
    lists.set(name, [...(lists.get(name) ?? []), value]);
  }
  return { positional, switches, values, lists };
}
