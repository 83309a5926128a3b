// `npm run bench [NAME…]`: runs every bench/NAME.bench.ts (or the named ones), each of which exports `bench`.
// The exit status is 1 when a goal is missed.
import { readdirSync } from "node:fs";
import { cpus } from "node:os";
import { type Bench, type Measure, missesGoal, table } from "./harness.ts";

const suffix = ".bench.ts";
const available = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith(suffix))
  .map((file) => file.slice(0, -suffix.length))
  .sort();
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !available.includes(name));
if (unknown.length > 0) {
  console.error(`Unknown benchmark ${unknown.join(", ")}. Available: ${available.join(", ")}`);
  process.exit(2);
}

console.log(`Node ${process.versions.node}, ${process.platform} ${process.arch}, ${cpus().length} cores`);
const missed: Measure[] = [];
for (const name of wanted.length > 0 ? wanted : available) {
  const { bench } = (await import(`./${name}${suffix}`)) as { readonly bench: Bench };
  console.log(`\n${bench.title}`);
  const measures = await bench.run();
  console.log(table(measures));
  missed.push(...measures.filter(missesGoal));
}
if (missed.length > 0) {
  console.error(`\nMissed: ${missed.map(({ name }) => name).join("; ")}`);
  process.exitCode = 1;
}
