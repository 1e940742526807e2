// Writes schema/connector.d.ts, the types of the plugin contract as they are published: `npx node scripts/contract.ts`.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, runTool } from './tool.ts';

/** Where the emitted declaration is kept, so that a change of the contract shows in the change that makes it. */
export const contractPath = 'schema/connector.d.ts';

/** The declaration that the compiler emits for src/connector.ts now. */
export async function emittedContract(): Promise<string> {
  const cache = join(root, 'node_modules/.cache');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'contract-'));
  try {
    const config = {
      extends: join(root, 'tsconfig.build.json'),
      compilerOptions: { emitDeclarationOnly: true, rootDir: join(root, 'src'), outDir: folder },
      include: [join(root, 'src/connector.ts')],
    };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
    const { ok, output } = await runTool('tsc', ['-p', folder]);
    if (!ok) throw new Error(`The contract does not compile:\n${output}`);
    return readFileSync(join(folder, 'connector.d.ts'), 'utf8');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (import.meta.main) {
  writeFileSync(join(root, contractPath), await emittedContract());
  process.stderr.write(`Wrote ${contractPath}.\n`);
}
