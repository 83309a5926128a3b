/** Text in lines of a given width, broken where words are; a word that is longer than a line is broken too. */
export function wrapText(text: string, width: number, first = "", rest = first): string[] {
  const out: string[] = [];
  let line = first;
  let empty = true;
  const flush = (): void => {
    out.push(line.trimEnd());
    line = rest;
    empty = true;
  };
  for (const word of text.split(/\s+/).filter((w) => w !== "")) {
    let left = word;
    if (!empty && line.length + 1 + left.length > width) flush();
    while (line.length + (empty ? 0 : 1) + left.length > width) {
      const room = Math.max(1, width - line.length);
      line += left.slice(0, room);
      left = left.slice(room);
      flush();
    }
    line += empty ? left : ` ${left}`;
    empty = false;
  }
  if (!empty || out.length === 0) out.push(line.trimEnd());
  return out;
}
