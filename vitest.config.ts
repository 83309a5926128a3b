import { defineConfig } from "vitest/config";

// Node by default: the engine, the script language and everything under them need no page. A test that needs
// one says so in its first line: `// @vitest-environment happy-dom`.
export default defineConfig({
  test: {
    environment: "node",
    include: ["src/**/*.test.ts", "src/**/*.test.tsx"],
    setupFiles: ["scripts/vitest.setup.ts"],
    // How long a test takes is the benchmarks' business; this only ends one that hangs.
    testTimeout: 180_000,
  },
});
