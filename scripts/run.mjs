// The one entry of `npm start`, `npm test` and the other tasks: `node scripts/run.mjs TASK [ARGUMENT…]`.
// It checks the Node version before anything newer is parsed, hence the dynamic import of the task.
import { nodeProblem } from "./lib/node-version.mjs";

const problem = nodeProblem(process.versions.node);
if (problem) {
  console.error(problem);
  process.exit(1);
}

const task = process.argv[2];
import(`./${task}.mjs`)
  .then((module) => module.run(process.argv.slice(3)))
  .then((status) => {
    if (typeof status === "number") process.exitCode = status;
  })
  .catch((error) => {
    console.error(error.expected === true ? `\n${error.message}` : error);
    process.exit(1);
  });
