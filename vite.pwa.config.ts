/** The page for hosting with offline use: the ordinary build, a manifest, and a service worker that keeps all of it. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { defineConfig, mergeConfig, type Plugin } from "vite";
import base from "./vite.config.ts";

const offline: Plugin = {
  name: "offline",
  apply: "build",
  enforce: "post",
  transformIndexHtml: (html) => ({
    html,
    tags: [
      { tag: "link", attrs: { rel: "manifest", href: "./manifest.webmanifest" }, injectTo: "head" },
      { tag: "script", attrs: { type: "module", src: "./register.js" }, injectTo: "body" },
    ],
  }),
  generateBundle(_, bundle) {
    const files = Object.keys(bundle)
      .filter((name) => !name.endsWith(".map") && !name.startsWith(".vite/"))
      .sort();
    const version = createHash("sha256");
    for (const name of files) {
      const file = bundle[name];
      version.update(name).update(file?.type === "chunk" ? file.code : (file?.source ?? ""));
    }
    const emit = (fileName: string, source: string): void => {
      this.emitFile({ type: "asset", fileName, source });
    };
    emit(
      "manifest.webmanifest",
      `${JSON.stringify(
        {
          name: "vSMMU Lab",
          short_name: "vSMMU Lab",
          description: "Arm SMMUv3 nested translation under QEMU and Linux iommufd, live",
          start_url: "./",
          scope: "./",
          display: "standalone",
          background_color: "#f6f7f9",
          theme_color: "#1b2330",
          icons: [{ src: "./favicon.svg", sizes: "any", type: "image/svg+xml" }],
        },
        null,
        2,
      )}\n`,
    );
    emit(
      "register.js",
      'if ("serviceWorker" in navigator) addEventListener("load", () => navigator.serviceWorker.register("./sw.js").catch(() => undefined));\n',
    );
    const kept = ["./", "./index.html", "./favicon.svg", "./manifest.webmanifest", "./register.js"];
    const list = [...new Set([...kept, ...files.map((name) => `./${name}`)])];
    emit(
      "sw.js",
      readFileSync(new URL("./scripts/service-worker.js", import.meta.url), "utf8")
        .replace("__VERSION__", version.digest("hex").slice(0, 16))
        .replace('["__FILES__"]', () => JSON.stringify(list)),
    );
  },
};

export default mergeConfig(base, defineConfig({ plugins: [offline], build: { outDir: "dist-pwa" } }));
