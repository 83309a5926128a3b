// What `npm run mutation` runs against each mutant: the tests of the code it mutates, without those that repeat them at
// random or read recordings. One module registry for all of them: the engine keeps nothing outside a world but what follows
// from a setup, and loading it anew for each file takes three quarters of the time.
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    environment: "node",
    isolate: false,
    include: ["src/engine/{kernel,qemu}/**/*.test.ts"],
    exclude: ["**/property.test.ts", "**/random.test.ts", "**/recordings.test.ts", "**/rules.test.ts"],
    setupFiles: ["scripts/vitest.setup.ts"],
    testTimeout: 180_000,
  },
});
