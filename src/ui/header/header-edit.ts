/**
 * A script's header with one of its lines replaced: how the pickers change a profile. They edit text, as a reader
 * would, and the session plays the same steps under the new header.
 */

/** Puts `line` where the header's `verb` line stands, after `title` if there is none; null takes it out. */
function withLine(header: string, verb: string, line: string | null): string {
  const lines = header.split("\n").filter((one, at, all) => one !== "" || at < all.length - 1);
  const is = (name: string) => (one: string) => new RegExp(`^\\s*${name}(\\s|$)`).test(one);
  const at = lines.findIndex(is(verb));
  if (at >= 0) lines.splice(at, 1, ...(line === null ? [] : [line]));
  else if (line !== null) {
    const order = ["title", "kernel", "qemu", "fix"];
    const before = order.slice(0, order.indexOf(verb));
    const last = lines.reduce((found, one, index) => (before.some((v) => is(v)(one)) ? index : found), -1);
    lines.splice(last + 1, 0, line);
  }
  return lines.map((one) => `${one}\n`).join("");
}

export const withKernel = (header: string, words: string): string =>
  withLine(header, "kernel", `kernel ${words}`);

export const withQemu = (header: string, words: string): string => withLine(header, "qemu", `qemu ${words}`);

/** `names` as the repairs' divergences: D1, D3. None: no line. */
export const withRepairs = (header: string, names: readonly string[]): string =>
  withLine(header, "fix", names.length === 0 ? null : `fix ${names.join(",")}`);
