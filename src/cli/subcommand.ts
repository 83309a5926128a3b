import type { OptionSpec, Parsed } from "./args.ts";
import type { CliIo } from "./io.ts";

export interface Subcommand {
  readonly name: string;
  /** Behind the name: `FILE…`. */
  readonly operands: string;
  readonly summary: string;
  readonly options: readonly OptionSpec[];
  /** Further text for `lab help`, lines of at most 76 columns. */
  readonly notes?: readonly string[];
  /** The exit status. */
  run(args: Parsed, io: CliIo): Promise<number>;
}
