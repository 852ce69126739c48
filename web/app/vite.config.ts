// The app's build: its page, that of the frame in which files are shown, and assets
// whose names are hashes of what they hold.
import { defineConfig, type Plugin } from "vite";

/**
 * What main.ts asks for first is named by the page, so that it comes with it: all
 * need the root; main.ts says who needs the shell.
 */
const together: Plugin = {
  name: "together",
  transformIndexHtml: {
    order: "post",
    handler: (_, { path, bundle = {} }) => {
      if (path !== "/index.html") return [];
      const chunks = Object.values(bundle).filter((one) => one.type === "chunk");
      const named = new Set(chunks.find((one) => one.isEntry && one.facadeModuleId?.endsWith(path))?.imports);
      return (["root", "shell"] as const).flatMap((name) => {
        const chunk = chunks.find((one) => one.name === name);
        const files = [chunk?.fileName, ...(chunk?.imports ?? [])];
        return files
          .filter((file) => file !== undefined && !named.has(file) && named.add(file))
          .map((file) => ({
            tag: "link",
            attrs: {
              // The styles of what stands there meanwhile come first.
              fetchpriority: "low",
              rel: name === "root" ? "modulepreload" : "shell",
              crossorigin: true,
              href: `/${file}`,
            },
          }));
      });
    },
  },
};

export default defineConfig({
  base: "/",
  publicDir: false,
  esbuild: { jsx: "automatic", legalComments: "none" },
  plugins: [together],
  build: {
    target: "es2022",
    outDir: "dist",
    assetsDir: "assets",
    // The content policy takes no data: URLs, and no script in the page.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: false,
    // pdf.js is loaded with the first PDF that somebody looks at.
    chunkSizeWarningLimit: 2000,
    rollupOptions: {
      input: ["index.html", "preview.html"],
      // "use client" in libraries is about servers that render.
      onwarn: (warning, warn) => {
        if (warning.code !== "MODULE_LEVEL_DIRECTIVE") warn(warning);
      },
    },
  },
});
