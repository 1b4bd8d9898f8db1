/** What the build does beside bundling. */

import { gzipSync } from "node:zlib";
import type { Plugin } from "vite";
import { type Built, firstLoads } from "./first_load";

/** Lays a `.gz` file beside everything worth compressing, so that the service needs no compressor of its own. */
export function gzipped(): Plugin {
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

/** Has the page fetch what the entry starts together with the entry, and not once that has run. */
export function ahead(): Plugin {
  return {
    name: "ahead",
    apply: "build",
    transformIndexHtml: {
      order: "post",
      handler(_html, { bundle = {} }) {
        const start = Object.values(bundle).find((file) => file.type === "chunk" && file.name === "start");
        if (start?.type !== "chunk") return [];
        return [start.fileName, ...start.imports]
          .filter((name) => !(bundle[name]?.type === "chunk" && bundle[name].isEntry))
          .map((name) => ({
            tag: "link",
            attrs: { rel: "modulepreload", crossorigin: true, href: `./${name}` },
            injectTo: "head",
          }));
      },
    },
  };
}

/** Fails the build when a first visit costs more than `most` bytes, whatever page it begins at. */
export function budget(most: number): Plugin {
  return {
    name: "budget",
    apply: "build",
    generateBundle: {
      order: "post",
      handler(_options, bundle) {
        const files = Object.values(bundle).map(
          (file): Built =>
            file.type === "chunk"
              ? { ...file, source: file.code, css: file.viteMetadata?.importedCss }
              : { fileName: file.fileName, source: file.source },
        );
        const [heaviest] = firstLoads(files);
        const words = `a first visit costs ${heaviest?.bytes} bytes at most (${heaviest?.page})`;
        if (!heaviest || heaviest.bytes > most) this.error(`${words}; it may cost ${most}`);
        this.info(words);
      },
    },
  };
}
