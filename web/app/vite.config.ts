// The app's build: one page, and assets whose names are hashes of what they hold.
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
    rollupOptions: {
      // "use client" in libraries is about servers that render.
      onwarn: (warning, warn) => {
        if (warning.code !== "MODULE_LEVEL_DIRECTIVE") warn(warning);
      },
    },
  },
});
