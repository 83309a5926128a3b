/** What V and Config of a guest STE ask for, in one word. */
export function steWord(words: readonly bigint[]): string {
  const q0 = words[0] ?? 0n;
  if ((q0 & 1n) === 0n) return "V=0";
  const config = Number((q0 >> 1n) & 7n);
  const word = ["abort", "abort", "abort", "abort", "bypass", "translate", "stage 2", "both stages"][config];
  return `Config=${config.toString(2).padStart(3, "0")} ${word}`;
}
