import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

// The mock control server of dev/mock.mjs answers here while the UI is developed.
const mock = "http://127.0.0.1:4799";

export default defineConfig({
  // Relative: the same build is served below /ui/ and bundled in the desktop window.
  base: './',
  plugins: [svelte()],
  build: {
    target: "es2022",
    // Everything comes from the engine or the application bundle, so a data: address would only widen the CSP.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: { port: 5179, strictPort: true, proxy: { "/control": mock } },
  test: { env: { TZ: "UTC" }, include: ["src/**/*.test.ts"] },
});
