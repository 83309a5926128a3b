// The arrows of the house: who may import whom. See CONTRIBUTING.md for the picture.
const TEST = "[.]test(-helper)?[.]tsx?$";

/** A rule against an import: from files matching `from` (tests are held to it too unless it says otherwise). */
const forbid = (name, comment, from, to) => ({ name, comment, severity: "error", from, to });

module.exports = {
  forbidden: [
    forbid(
      "no-circular",
      "Two files that need each other are one file, or three. Types alone may refer to each other.",
      {},
      { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    ),
    forbid("no-unresolved", "Every import leads somewhere.", {}, { couldNotResolve: true }),
    forbid("no-barrel", "A file is imported by its own name.", {}, { path: "^src/.*(^|/)index[.]tsx?$" }),
    forbid("not-to-test", "Nothing but tests builds on tests.", { pathNot: TEST }, { path: TEST }),

    forbid(
      "engine-is-pure",
      "The engine imports nothing from outside it, not even Node.",
      { path: "^src/engine/", pathNot: TEST },
      { pathNot: "^src/engine/" },
    ),
    forbid(
      "engine-tests-stay-inside",
      "The engine's tests know the engine, the test runner and fast-check.",
      { path: `^src/engine/.*${TEST}` },
      { pathNot: ["^src/engine/", "^node_modules/(vitest|fast-check)/"], dependencyTypesNot: ["core"] },
    ),
    forbid(
      "arch-knows-nobody",
      "What the architecture says depends on no implementation of it.",
      { path: "^src/engine/arch/", pathNot: TEST },
      { path: "^src/engine/(guest|qemu|kernel|hardware)/|^src/engine/(step|observe|divergence|world)[.]ts$" },
    ),
    forbid(
      "guest-knows-arch",
      "A guest sees the architecture, never what emulates it.",
      { path: "^src/engine/guest/", pathNot: TEST },
      { path: "^src/engine/(qemu|kernel|hardware)/" },
    ),
    forbid(
      "kernel-is-below-qemu",
      "The kernel answers ioctls; who asks is none of its business.",
      { path: "^src/engine/kernel/", pathNot: TEST },
      { path: "^src/engine/qemu/" },
    ),
    forbid(
      "hardware-is-at-the-bottom",
      "Hardware reads its tables; it calls nobody.",
      { path: "^src/engine/hardware/", pathNot: TEST },
      { path: "^src/engine/(qemu|kernel)/" },
    ),
    forbid(
      "the-door-is-on-top",
      "step, observe and divergence tie the layers together, so no layer may lean on them.",
      { path: "^src/engine/(arch|guest|qemu|kernel|hardware)/", pathNot: TEST },
      { path: "^src/engine/(step|observe|divergence)[.]ts$" },
    ),

    forbid(
      "script-uses-engine-alone",
      "The script language is text for the engine's actions.",
      { path: "^src/script/" },
      { path: "^src/(draw|learn|replay|explore|review|ui|cli)/" },
    ),
    forbid(
      "draw-is-below-its-peers",
      "Drawing serves lessons, replay, exploration and reviews.",
      { path: "^src/draw/" },
      { path: "^src/(learn|replay|explore|review|ui|cli)/" },
    ),
    forbid(
      "features-know-no-front",
      "Lessons, replay, exploration and reviews run under the page and the command line alike.",
      { path: "^src/(learn|replay|explore|review)/" },
      { path: "^src/(ui|cli)/" },
    ),
    forbid(
      "learn-is-above-its-peers",
      "Lessons and challenges use exploration and reviews; nobody but the fronts uses them.",
      { path: "^src/(replay|explore|review)/" },
      { path: "^src/learn/" },
    ),
    forbid(
      "ui-without-cli",
      "Two fronts, one house behind them.",
      { path: "^src/ui/" },
      { path: "^src/cli/" },
    ),
    forbid(
      "cli-without-ui",
      "Two fronts, one house behind them.",
      { path: "^src/cli/" },
      { path: "^src/ui/" },
    ),

    forbid(
      "node-in-cli-alone",
      "Everything but the command line runs in a browser.",
      { path: "^src/", pathNot: ["^src/cli/", TEST] },
      { dependencyTypes: ["core"] },
    ),
    forbid(
      "react-in-ui-alone",
      "What is not the page does not know what draws it.",
      { path: "^src/", pathNot: "^src/ui/" },
      {
        path: "^node_modules/(@types/)?(react|react-dom|@xyflow|radix-ui|@radix-ui|cmdk|zustand|@codemirror)/",
      },
    ),
    forbid(
      "only-what-ships",
      "What the lab runs on is a dependency, not a tool of ours.",
      { path: "^src/", pathNot: TEST },
      { dependencyTypes: ["npm-dev", "npm-optional"], dependencyTypesNot: ["type-only"] },
    ),
    forbid(
      "src-stands-alone",
      "The lab's source needs neither its tests in a browser nor its tools.",
      { path: "^src/" },
      { path: "^(bench|e2e|scripts|bin)/" },
    ),
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "browser", "default", "types"],
      mainFields: ["module", "main", "types"],
    },
  },
};
