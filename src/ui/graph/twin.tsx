/** The picture as tables, for ears: every device with what it is attached to, and everything that is shared. */
import { memo } from "react";
import type { Column, Item, Scene } from "../../draw/scene-types.ts";

const Row = memo(function Row({ column, block }: { readonly column: Column; readonly block: string }) {
  return (
    <tr>
      <th scope="row">{column.name}</th>
      <td>{block}</td>
      <td>{column.ste === null ? "none" : `${column.ste.label} ${column.ste.word}`}</td>
      <td>{column.word}</td>
      <td>{column.pste === null ? "gone" : column.pste.word}</td>
      <td>{column.diverges === "" ? "no" : column.diverges}</td>
    </tr>
  );
});

const Line = memo(function Line({ item }: { readonly item: Item }) {
  return <li>{item.says}</li>;
});

export const Twin = memo(function Twin({ scene }: { readonly scene: Scene }) {
  const shared: Item[] = [];
  const add = (item: Item | null) => {
    if (item !== null) shared.push(item);
  };
  for (const block of scene.blocks) {
    add(block.vsmmu);
    add(block.accel);
    for (const group of block.viommus) {
      add(group.item);
      for (const one of [...group.rails, ...group.chips.map((chip) => chip.item), ...group.veventqs])
        add(one);
    }
  }
  for (const group of scene.ioases) {
    group.hwpts.forEach(add);
    add(group.item);
  }
  for (const bar of scene.psmmus) add(bar.item);
  for (const { item } of scene.parked) add(item);
  return (
    <div className="for-ears twin" data-testid="graph-twin">
      <table>
        <caption>Devices, from the guest to the hardware</caption>
        <thead>
          <tr>
            {["Device", "Behind", "Guest STE", "Attached to", "Physical STE", "Diverges"].map((title) => (
              <th key={title} scope="col">
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {scene.blocks.flatMap((block) =>
            block.columns.map((column) => <Row key={column.key} column={column} block={block.title} />),
          )}
        </tbody>
      </table>
      <ul>
        {shared.map((item) => (
          <Line key={item.ghost ? `${item.key} gone` : item.key} item={item} />
        ))}
      </ul>
    </div>
  );
});
