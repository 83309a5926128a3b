/** The picture in Graphviz's language: a cluster a floor, attachments as thick coloured edges. */
import { eachItem, FLOOR_TITLES, FLOORS, type Item, type Kind, type Scene } from "./scene-types.ts";

const quoted = (text: string): string =>
  `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;

const COLOURS: Readonly<Record<Kind, string>> = {
  abort: "#b23a0a",
  bypass: "#8a5700",
  translate: "#0b62a6",
  s2: "#0a7757",
  off: "#5f6b7c",
};

function label(item: Item): string {
  const users = item.users === null ? "" : ` (users ${item.users})`;
  const state = item.diverges === "" ? item.word : `${item.word} ≠ ${item.diverges}`;
  return quoted([`${item.label}${users}`, state, item.text].filter((line) => line !== "").join("\n"));
}

const colour = (item: Item): string =>
  item.diverges !== "" ? "#a61e6d" : item.kind === null ? "#566174" : COLOURS[item.kind];

export function drawDot(scene: Scene): string {
  const ids = new Map<string, string>();
  const floors = new Map<string, Item[]>(FLOORS.map((floor) => [floor, []]));
  eachItem(scene, (item) => {
    if (item.ghost) return;
    ids.set(item.key, `n${ids.size}`);
    floors.get(item.floor)?.push(item);
  });
  const lines = [
    "digraph lab {",
    '  graph [rankdir=TB, fontname="Helvetica", fontsize=11, newrank=true];',
    '  node [shape=box, style="rounded", fontname="Helvetica", fontsize=10];',
    '  edge [fontname="Helvetica", fontsize=9, color="#b4bdcb", style=dotted];',
  ];
  for (const floor of FLOORS) {
    const items = floors.get(floor) ?? [];
    if (items.length === 0) continue;
    lines.push(`  subgraph cluster_${floor} {`, `    label=${quoted(FLOOR_TITLES[floor])};`);
    for (const item of items)
      lines.push(
        `    ${ids.get(item.key)} [label=${label(item)}, color="${colour(item)}"${item.diverges === "" ? "" : ", penwidth=3"}];`,
      );
    lines.push("  }");
  }
  const attached = new Set(scene.attachments.map((one) => `${one.from} ${one.to}`));
  eachItem(scene, (item) => {
    const from = ids.get(item.key);
    const to = item.under === null ? undefined : ids.get(item.under);
    if (from !== undefined && to !== undefined && !attached.has(`${item.key} ${item.under}`))
      lines.push(`  ${from} -> ${to};`);
  });
  for (const one of scene.attachments) {
    const from = ids.get(one.from);
    const to = ids.get(one.to);
    if (!one.ghost && from !== undefined && to !== undefined)
      lines.push(
        `  ${from} -> ${to} [label=${quoted(one.word)}, color="${COLOURS[one.kind]}", fontcolor="${COLOURS[one.kind]}", penwidth=3, style=solid];`,
      );
  }
  lines.push("}");
  return `${lines.join("\n")}\n`;
}
