import { gzipSync } from "node:zlib";
import { defineConfig, type Plugin } from "vite";

/** Lays a `.gz` file beside everything worth compressing, so that the service needs no compressor of its own. */
function gzipped(): Plugin {
  return {
    name: "gzipped",
    apply: "build",
    generateBundle: {
      order: "post",
      handler(_options, bundle) {
        for (const [name, file] of Object.entries(bundle)) {
          if (!/\.(js|css|svg)$/.test(name)) continue;
          const source = file.type === "chunk" ? file.code : file.source;
          this.emitFile({ type: "asset", fileName: `${name}.gz`, source: gzipSync(source, { level: 9 }) });
        }
      },
    },
  };
}

/** Where `npm run dev` finds the running service. */
const service = process.env.IMAGEDEPOT_URL ?? "http://127.0.0.1:8080";

export default defineConfig({
  // Relative addresses: the built files do not know the path prefix, the page's <base> does.
  base: "./",
  plugins: [gzipped()],
  esbuild: { jsx: "automatic" },
  build: {
    outDir: "../src/imagedepot/ui/static",
    emptyOutDir: true,
    target: "es2022",
    // The policy forbids `data:` everywhere but in images; small files stay files.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: { proxy: { "/api": { target: service } } },
  test: { environment: "node", include: ["src/**/*.test.ts"] },
} as Parameters<typeof defineConfig>[0]);
