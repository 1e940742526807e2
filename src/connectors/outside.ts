// Connectors that Backout does not bring: a file beside the plan or an npm package, and only the one that the plan names.
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ConnectorError, type AnyConnector } from '../connector.ts';
import { complaintOf } from './shape.ts';

/** What is loaded only runs its own first lines; one that waits for something there is not waited for. Milliseconds. */
const loadTimeoutMs = 10_000;

/** A sentence of somebody else's error is cut off here: it goes into findings and the journal. */
const reasonMaxLength = 500;

/** Whether `uses:` names a file (`./pbx.ts`) or a package (`backout-connector-pbx`, `@acme/pbx`) instead of a built-in connector. */
export function isOutside(uses: string): boolean {
  return isFile(uses) || uses.startsWith('@') || uses.startsWith('backout-connector-');
}

/**
 * Loads it: a file from the plan's folder, a package from the nearest node_modules above that. Throws a ConnectorError
 * that says what is wrong with it. `taken` are the names of the built-in connectors, which it may not bear.
 */
export async function loadOutside(
  uses: string,
  directory: string,
  taken: readonly string[],
  timeoutMs = loadTimeoutMs,
): Promise<AnyConnector> {
  const file = isFile(uses) ? resolve(directory, uses) : entryOf(uses, directory);
  const found = statSync(file, { throwIfNoEntry: false });
  if (found?.isFile() !== true) throw unusable(uses, `there is no file ${file}`);
  // A file that was mended since it was last loaded is loaded anew: Node keeps what it loaded by its address.
  const address = `${pathToFileURL(file).href}?changed=${found.mtimeMs}`;
  const loaded = await imported(uses, address, timeoutMs);
  if (loaded['default'] === undefined) {
    const [other] = Object.keys(loaded);
    const mend = other === undefined ? '' : `; it exports ${other} by name only`;
    throw unusable(
      uses,
      `it has no default export${mend}. Write: export default defineConnector(…)`,
    );
  }
  const complaint = complaintOf(loaded['default']);
  if (complaint !== undefined) throw unusable(uses, `it is no connector: ${complaint}`);
  const connector = loaded['default'] as AnyConnector; // the line before looked at all of its parts
  if (!taken.includes(connector.name)) return connector;
  throw unusable(
    uses,
    `it calls itself ${connector.name}, and Backout brings a connector of that name. Call it otherwise`,
  );
}

function isFile(uses: string): boolean {
  return uses.startsWith('./') || uses.startsWith('../');
}

async function imported(
  uses: string,
  address: string,
  timeoutMs: number,
): Promise<{ readonly [name: string]: unknown }> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const because = `it is not loaded within ${timeoutMs / 1000} s: something waits in its first lines`;
    timer = setTimeout(() => reject(unusable(uses, because)), timeoutMs);
  });
  try {
    return await Promise.race([import(address) as Promise<{ [name: string]: unknown }>, late]);
  } catch (error) {
    if (error instanceof ConnectorError) throw error;
    throw unusable(uses, whyNotLoaded(error));
  } finally {
    clearTimeout(timer);
  }
}

function whyNotLoaded(error: unknown): string {
  const [message = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
  const wanted = /^Cannot find package '(backout|zod)'/.exec(message)?.[1];
  if (wanted !== undefined) {
    return `it needs the package ${wanted}, which is not installed where it lies. Install it there: npm install ${wanted}`;
  }
  const kind = error instanceof Error ? error.name : 'something';
  return `loading it throws ${kind}: ${message.slice(0, reasonMaxLength)}`;
}

/** The file that a package is loaded from: the first node_modules that has it, from the plan's folder upwards. */
function entryOf(name: string, directory: string): string {
  for (let folder = resolve(directory); ; folder = dirname(folder)) {
    const home = join(folder, 'node_modules', name);
    if (existsSync(join(home, 'package.json'))) return join(home, entryIn(name, home));
    if (folder === dirname(folder)) break;
  }
  throw unusable(
    name,
    `no such package is installed in ${resolve(directory)} or above. Install it there: npm install ${name}`,
  );
}

function entryIn(name: string, home: string): string {
  let manifest: { readonly exports?: unknown; readonly main?: unknown };
  try {
    manifest = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')) as typeof manifest;
  } catch {
    throw unusable(name, 'its package.json is no JSON');
  }
  const entry = manifest.exports === undefined ? manifest.main : exported(manifest.exports);
  if (typeof entry === 'string') return entry;
  if (manifest.exports === undefined) return 'index.js';
  throw unusable(name, 'the exports of its package.json have no entry "." for import or default');
}

/** What `exports` gives for the package itself, by the conditions of an import. */
function exported(exports: unknown): unknown {
  if (exports === null || typeof exports !== 'object' || Array.isArray(exports)) return exports;
  const given = exports as { readonly [condition: string]: unknown };
  if (given['.'] !== undefined) return exported(given['.']);
  // The order in which the package writes them decides, as in Node.
  const first = Object.keys(given).find((key) => ['node', 'import', 'default'].includes(key));
  return first === undefined ? undefined : exported(given[first]);
}

function unusable(uses: string, why: string): ConnectorError {
  return new ConnectorError('refused', `[plan] Cannot use ${uses}: ${why}.`);
}
