// Emits the published JavaScript and types into dist: built aside first, then put in place, so that dist is never half old or half there.
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root, runTool } from './tool.ts';

/** Builds dist anew. False when the compiler refused; then dist is as it was and the reasons are in `output`. */
export async function build(): Promise<{ readonly ok: boolean; readonly output: string }> {
  const dist = join(root, 'dist');
  const fresh = join(root, 'node_modules/.cache', `dist-${process.pid}`);
  const stale = `${fresh}-stale`;
  mkdirSync(fresh, { recursive: true });
  try {
    const result = await runTool('tsc', ['-p', 'tsconfig.build.json', '--outDir', fresh]);
    if (!result.ok) return result;
    mkdirSync(dist, { recursive: true });
    renameSync(dist, stale);
    renameSync(fresh, dist);
    return result;
  } finally {
    rmSync(fresh, { recursive: true, force: true });
    rmSync(stale, { recursive: true, force: true });
  }
}

if (import.meta.main) {
  const { ok, output } = await build();
  process.stderr.write(ok ? 'Built dist.\n' : output);
  process.exitCode = ok ? 0 : 1;
}
