import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

/**
 * The policy in index.html is the production one. The development server injects an inline script for hot reload,
 * so there, and only there, the policy is left out.
 */
const withoutPolicyInDevelopment: Plugin = {
  name: "without-policy-in-development",
  apply: "serve",
  transformIndexHtml: (html) => html.replace(/<meta\s+http-equiv="Content-Security-Policy"[^>]*>/, ""),
};

export default defineConfig({
  plugins: [react(), withoutPolicyInDevelopment],
  // Relative, so that the build works under any path.
  base: "./",
  build: {
    target: "es2023",
    // The policy allows no data: fonts or scripts; every asset stays a file.
    assetsInlineLimit: 0,
    // The size budget reads from it what the first load consists of.
    manifest: true,
    sourcemap: true,
    chunkSizeWarningLimit: 1000,
  },
  worker: { format: "es" },
  server: { host: "127.0.0.1" },
});
