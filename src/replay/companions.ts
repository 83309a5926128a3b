/** Files that were chosen or dropped together: which is the log, and what each of the others has to say about it. */

export interface Companions<F> {
  readonly log: F;
  readonly steps: F | null;
  readonly console: F | null;
  readonly hostLog: F | null;
  /** Files that nothing was made of. */
  readonly unused: readonly F[];
}

interface Named {
  readonly name: string;
}

const STEPS = /steps[^/]*\.txt$/i;
const CONSOLE = /console[^/]*\.(txt|log)$/i;
const HOST = /host[-_.]?smmu[^/]*$/i;
const NEVER = /\.(stderr|host-dmesg|dmesg)\.txt$/i;

/** By their names alone. Null: none of them can be a log. Two logs cannot be one replay; the first is taken. */
export function companions<F extends Named>(files: readonly F[]): Companions<F> | null {
  let log: F | null = null;
  let steps: F | null = null;
  let console: F | null = null;
  let hostLog: F | null = null;
  const unused: F[] = [];
  const alone = files.length === 1;
  for (const file of files) {
    if (!alone && steps === null && STEPS.test(file.name)) steps = file;
    else if (!alone && console === null && CONSOLE.test(file.name)) console = file;
    else if (!alone && hostLog === null && HOST.test(file.name)) hostLog = file;
    else if (log === null && (alone || !NEVER.test(file.name))) log = file;
    else unused.push(file);
  }
  return log === null ? null : { log, steps, console, hostLog, unused };
}
