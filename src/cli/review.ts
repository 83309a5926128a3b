/** `lab review`: plays reviews and judges the claims of every step. */
import { playReview, tally } from "../review/walk/play.ts";
import { parseReview } from "../review/walk/review.ts";
import { reviewMail } from "../review/walk/review-mail.ts";
import type { Parsed } from "./args.ts";
import { readSource } from "./files.ts";
import { type CliIo, FAILED, HELD, Out, USAGE, UsageError } from "./io.ts";
import type { Subcommand } from "./subcommand.ts";

export const REVIEW: Subcommand = {
  name: "review",
  operands: "FILE…",
  summary: "Play reviews and judge the claim of every step: held, stale or broken",
  options: [
    { name: "mail", value: null, help: "the whole review as one plain text mail" },
    { name: "json", value: null, help: "JSON Lines: one object a step, and one at the end" },
  ],
  notes: ["Exit status: 0 no claim is broken, 1 one is, 2 the file is no review."],
  run: reviewFiles,
};

async function reviewFiles(args: Parsed, io: CliIo): Promise<number> {
  if (args.positional.length === 0) throw new UsageError("review needs a FILE, or - for standard input");
  const out = new Out(io.stdout);
  let status = HELD;
  for (const path of args.positional) {
    const source = await readSource(io, path);
    const read = parseReview(source.text);
    if (!read.ok) {
      out.flush();
      for (const problem of read.problems) io.stderr.write(`${source.name}: ${problem}\n`);
      status = USAGE;
      continue;
    }
    const played = playReview(read.value);
    const { moments } = played;
    if (args.switches.has("mail")) out.line(reviewMail(played).trimEnd());
    else if (args.switches.has("json")) {
      moments.forEach((m, i) => {
        const { title, claim } = m.step;
        out.line(JSON.stringify({ step: i + 1, title, claim, judgement: m.judgement, reasons: m.reasons }));
      });
      const count = (j: string): number => moments.filter((m) => m.judgement === j).length;
      const claims = { held: count("held"), stale: count("stale"), broken: count("broken") };
      out.line(
        JSON.stringify({
          end: true,
          file: source.name,
          title: read.value.title,
          steps: moments.length,
          claims,
        }),
      );
    } else {
      out.line(read.value.title);
      moments.forEach((m, i) => {
        out.line(`  ${m.judgement.padEnd(7)} ${String(i + 1).padStart(2)}. ${m.step.title}`);
        for (const reason of m.reasons) out.line(`          ! ${reason}`);
      });
      out.line(`${moments.length} step${moments.length === 1 ? "" : "s"}, ${tally(moments)}`);
    }
    if (status === HELD && moments.some((m) => m.judgement === "broken")) status = FAILED;
  }
  out.flush();
  return status;
}
