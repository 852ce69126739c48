// The app's build: its page, that of the frame in which files are shown, and assets
// whose names are hashes of what they hold.
import { defineConfig } from "vite";

export default defineConfig({
  base: "/",
  publicDir: false,
  esbuild: { jsx: "automatic", legalComments: "none" },
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
