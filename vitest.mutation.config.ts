// What `npm run mutation` runs against each mutant: the tests of the code it mutates, without those that repeat them at
// random or read recordings.
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    environment: "node",
    include: ["src/engine/{kernel,qemu}/**/*.test.ts"],
    exclude: ["**/property.test.ts", "**/random.test.ts", "**/recordings.test.ts", "**/rules.test.ts"],
    setupFiles: ["scripts/vitest.setup.ts"],
  },
});
