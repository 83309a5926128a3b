/**
 * A session as text, for storage and export. The format carries a version; reading never throws and names every
 * damaged part, so that the page can keep a bad file aside and open fresh.
 */
import * as z from "zod/mini";
import { Session } from "./session.ts";

export const SESSION_FORMAT = "vsmmu-lab-session";
export const SESSION_VERSION = 1;

const nodeId = z.int().check(z.nonnegative());

const schema = z.object({
  format: z.literal(SESSION_FORMAT),
  version: z.literal(SESSION_VERSION),
  starts: z.array(z.object({ id: nodeId, header: z.string() })).check(z.minLength(1)),
  nodes: z.array(z.tuple([z.int().check(z.gte(-1)), z.string()])).check(z.minLength(1)),
  labels: z.array(z.tuple([nodeId, z.string()])),
  current: nodeId,
});

export function writeSession(session: Session): string {
  return JSON.stringify({ format: SESSION_FORMAT, version: SESSION_VERSION, ...session.data() });
}

export type SessionRead =
  | { readonly ok: true; readonly value: Session }
  | { readonly ok: false; readonly problems: readonly string[] };

export function readSession(text: string): SessionRead {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch (error) {
    return { ok: false, problems: [`not JSON: ${(error as Error).message}`] };
  }
  const parsed = schema.safeParse(raw);
  if (!parsed.success)
    return {
      ok: false,
      problems: parsed.error.issues.map((i) => `${i.path.map(String).join(".") || "session"}: ${i.message}`),
    };
  return Session.restore(parsed.data);
}
