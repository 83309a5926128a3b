/** "What changed between …": rows, each with a script that shows it on both sides. */
import * as z from "zod/mini";
import content from "../../content/changes.json";

const schema = z.object({
  format: z.literal("vsmmu-lab-changes/1"),
  rows: z.array(
    z.object({
      id: z.string(),
      /** Which table it stands in. */
      group: z.string(),
      /** Sides, as `parseSide` reads them. */
      a: z.string(),
      b: z.string(),
      aspect: z.string(),
      was: z.string(),
      now: z.string(),
      source: z.string(),
      script: z.array(z.string()).check(z.minLength(1)),
      /** Expectations (without `expect`) that hold at the script's end on that side, and not on the other. */
      showsA: z.string(),
      showsB: z.string(),
    }),
  ),
});

export type Change = z.infer<typeof schema>["rows"][number];

export const CHANGES: readonly Change[] = schema.parse(content).rows;

export const changeScript = (c: Change): string =>
  [`title "${c.aspect}"`, ...c.script].map((l) => `${l}\n`).join("");

/** By group, in the order of the table. */
export function changeGroups(): readonly { readonly title: string; readonly rows: readonly Change[] }[] {
  const groups = new Map<string, Change[]>();
  for (const row of CHANGES) groups.set(row.group, [...(groups.get(row.group) ?? []), row]);
  return [...groups].map(([title, rows]) => ({ title, rows }));
}
