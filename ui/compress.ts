import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import type { Plugin } from "vite";

const PACKED = /\.(js|css|svg|json)$/;
const SMALLEST_BYTES = 1024;

/** Writes `.br` and `.gz` beside each file worth it, so that the server compresses nothing while it serves. */
export function compress(folder: string): Plugin {
  return {
    name: "alula-compress",
    apply: "build",
    async closeBundle() {
      for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile() || !PACKED.test(entry.name)) continue;
        const path = join(entry.parentPath, entry.name);
        const body = await readFile(path);
        if (body.length < SMALLEST_BYTES) continue;
        await writeFile(`${path}.gz`, await promisify(gzip)(body, { level: 9 }));
        await writeFile(`${path}.br`, await promisify(brotliCompress)(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 10 } }));
      }
    },
  };
}
