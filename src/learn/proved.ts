/** Pars as they were proved when the lab was built: `content/challenges/proved.json`, made by `lab learn --prove`. */
import * as z from "zod/mini";
import content from "../../content/challenges/proved.json";
import type { Challenge } from "./challenge.ts";
import { type Proof, proofKey } from "./prove.ts";

export const PROVED_FORMAT = "vsmmu-lab-proved/1";

const schema = z.object({
  format: z.literal(PROVED_FORMAT),
  /** By the challenge's slug. */
  proofs: z.record(
    z.string(),
    z.object({
      /** Checksum of what was proved: start, goal and allowed commands. */
      key: z.string(),
      par: z.int().check(z.positive()),
      way: z.array(z.string()),
      states: z.int(),
    }),
  ),
});

type Proofs = z.infer<typeof schema>["proofs"];

export const readProved = (json: unknown): Proofs => schema.parse(json).proofs;

const SHIPPED = readProved(content);

/** The proof of a shipped challenge; null if its text has changed since, or it is not shipped. */
export function provedOf(slug: string, challenge: Challenge, proofs: Proofs = SHIPPED): Proof | null {
  const found = Object.hasOwn(proofs, slug) ? proofs[slug] : undefined;
  if (found === undefined || found.key !== proofKey(challenge)) return null;
  const { par, way, states } = found;
  return { par, way, states };
}

export function printProved(proofs: readonly (readonly [slug: string, Challenge, Proof])[]): string {
  const entries = proofs.map(([slug, c, { par, way, states }]) => [
    slug,
    { key: proofKey(c), par, way, states },
  ]);
  return `${JSON.stringify({ format: PROVED_FORMAT, proofs: Object.fromEntries(entries) }, null, 2)}\n`;
}
