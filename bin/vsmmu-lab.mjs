#!/usr/bin/env node
// The lab without a page: `vsmmu-lab run FILE`, or, from the clone, `npm run -s lab -- run FILE`.
// Stdout and the exit status belong to the command; whatever this launcher has to say goes to stderr.
import { nodeProblem } from "../scripts/lib/node-version.mjs";

const problem = nodeProblem(process.versions.node);
if (problem) {
  console.error(problem);
  process.exit(1);
}

import("../scripts/lab.mjs")
  .then((module) => module.run(process.argv.slice(2)))
  .catch((error) => {
    console.error(error.expected === true ? error.message : error);
    process.exit(1);
  });
