/** The picture as a Mermaid flowchart: floors are subgraphs, attachments thick labelled arrows. */
import { eachItem, FLOOR_TITLES, FLOORS, type Item, type Scene } from "./scene-types.ts";

/** Mermaid reads HTML entities in labels. */
const escaped = (text: string): string =>
  text
    .replaceAll("&", "&amp;")
    .replaceAll('"', "&quot;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll("#", "&num;")
    .replaceAll("\n", "<br/>");

const COLOURS = {
  abort: "#b23a0a",
  bypass: "#8a5700",
  translate: "#0b62a6",
  s2: "#0a7757",
  off: "#5f6b7c",
} as const;

function label(item: Item): string {
  const users = item.users === null ? "" : ` (users ${item.users})`;
  const lines = [
    `${item.label}${users}`,
    ...(item.word === "" ? [] : [item.word]),
    ...(item.text === "" ? [] : [item.text]),
    ...(item.diverges === "" ? [] : [`≠ ${item.diverges}`]),
  ];
  return escaped(lines.join("\n"));
}

export function drawMermaid(scene: Scene): string {
  const ids = new Map<string, string>();
  const floors = new Map<string, Item[]>(FLOORS.map((floor) => [floor, []]));
  eachItem(scene, (item) => {
    if (item.ghost) return;
    ids.set(item.key, `n${ids.size}`);
    floors.get(item.floor)?.push(item);
  });
  const lines = ["flowchart TB"];
  for (const floor of FLOORS) {
    const items = floors.get(floor) ?? [];
    if (items.length === 0) continue;
    lines.push(`  subgraph ${floor} ["${FLOOR_TITLES[floor]}"]`);
    for (const item of items) {
      const mark = item.diverges !== "" ? ":::diverges" : item.kind === null ? "" : `:::${item.kind}`;
      lines.push(`    ${ids.get(item.key)}["${label(item)}"]${mark}`);
    }
    lines.push("  end");
  }
  const attached = new Set(scene.attachments.map((one) => `${one.from} ${one.to}`));
  eachItem(scene, (item) => {
    const from = ids.get(item.key);
    const to = item.under === null ? undefined : ids.get(item.under);
    if (from !== undefined && to !== undefined && !attached.has(`${item.key} ${item.under}`))
      lines.push(`  ${from} -.-> ${to}`);
  });
  for (const one of scene.attachments) {
    const from = ids.get(one.from);
    const to = ids.get(one.to);
    if (!one.ghost && from !== undefined && to !== undefined)
      lines.push(`  ${from} == "${escaped(one.word)}" ==> ${to}`);
  }
  for (const [kind, colour] of Object.entries(COLOURS))
    lines.push(`  classDef ${kind} stroke:${colour},color:${colour}`);
  lines.push("  classDef diverges stroke:#a61e6d,color:#a61e6d,stroke-width:3px");
  return `${lines.join("\n")}\n`;
}
