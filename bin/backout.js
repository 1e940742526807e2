#!/usr/bin/env node
// The `backout` command: runs the program with this Node, or with the Node 24 that npm brought when this one is older.
// The program (src/main.ts) runs by being imported and reads process.argv.
import { existsSync } from 'node:fs';
import module from 'node:module';
import { fileURLToPath } from 'node:url';

if (Number(process.versions.node.split('.')[0]) >= 24) {
  // A checkout has the source and runs it, so that nobody tests yesterday's build; the published package has only dist.
  const source = new URL('../src/main.ts', import.meta.url);
  const isCheckout = existsSync(source);
  // Types need to be stripped from each file only once; the folder goes with node_modules.
  if (isCheckout) {
    module.enableCompileCache(
      fileURLToPath(new URL('../node_modules/.cache/backout', import.meta.url)),
    );
  }
  await import(isCheckout ? source.href : new URL('../dist/main.js', import.meta.url).href);
} else {
  const { runWithNode24 } = await import('./node24.js');
  runWithNode24([fileURLToPath(import.meta.url), ...process.argv.slice(2)]);
}
