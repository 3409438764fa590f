import { fileURLToPath } from "node:url";
import tailwindcss from "@tailwindcss/vite";
import { tanstackRouter } from "@tanstack/router-plugin/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { compress } from "./compress.ts";

const OUT = fileURLToPath(new URL("../src/alula/server/static", import.meta.url));

export default defineConfig({
  plugins: [
    tanstackRouter({ target: "react", autoCodeSplitting: true, quoteStyle: "double", semicolons: true }),
    react(),
    tailwindcss(),
    compress(OUT),
  ],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  build: {
    outDir: OUT,
    emptyOutDir: true,
    target: "es2022",
    // An inlined asset would be a data: address, which the policy allows for images alone.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1700, // the layout engine, which only its worker loads
  },
  worker: { format: "es" },
  server: { proxy: { "/api": "http://127.0.0.1:8090", "/data": "http://127.0.0.1:8090", "/me": "http://127.0.0.1:8090" } },
  test: { include: ["src/**/*.test.ts"], environment: "node" },
});
