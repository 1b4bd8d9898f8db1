import { defineConfig, type Plugin } from "vite";
import { ahead, budget, gzipped } from "./bundle/plugins";

/** Where `npm run dev` finds the running service. */
const service = process.env.IMAGEDEPOT_URL ?? "http://127.0.0.1:8080";

export default defineConfig({
  // Relative addresses: the built files do not know the path prefix, the page's <base> does.
  base: "./",
  plugins: [ahead(), gzipped(), budget(300_000)] satisfies Plugin[],
  esbuild: { jsx: "automatic" },
  build: {
    outDir: "../src/imagedepot/ui/static",
    emptyOutDir: true,
    target: "es2022",
    // The policy forbids `data:` everywhere but in images; small files stay files.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // What a visit costs is what `budget` measures.
    chunkSizeWarningLimit: 1000,
    // Libraries mark their modules for frameworks that render on a server; a thousand such words hide the real ones.
    rollupOptions: {
      onwarn: (warning, warn) => warning.code === "MODULE_LEVEL_DIRECTIVE" || warn(warning),
    },
  },
  server: { proxy: { "/api": { target: service } } },
  test: { environment: "node", include: ["src/**/*.test.ts", "bundle/**/*.test.ts"] },
} as Parameters<typeof defineConfig>[0]);
