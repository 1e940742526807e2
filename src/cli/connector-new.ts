// `backout connector new`: writes a connector with its test against a toy system, so that an author begins with something that works.
import { readFileSync, readdirSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connectorNames } from '../connectors/index.ts';
import { isName } from '../core/plan/scalars.ts';
import type { Cli } from './cli.ts';
import { CliError, exits, type Exit } from './exit.ts';
import { writeFresh } from './fresh-file.ts';

/** Options of `connector new`. */
export interface NewConnectorOptions {
  readonly folder?: string;
}

/** The package of this Backout, from src/ as from dist/: the connector is written and tested against it. */
const home = fileURLToPath(new URL('../..', import.meta.url));
const template = join(home, 'templates', 'connector');

/** Writes the folder. */
export async function newConnector(
  cli: Cli,
  name: string,
  options: NewConnectorOptions,
): Promise<Exit> {
  const { out } = cli;
  assertName(name);
  const folder = resolve(cli.folder, options.folder ?? join('connectors', name));
  const shown = relative(cli.folder, folder) || '.';
  if (isTaken(folder)) {
    throw new CliError(
      'BK-0106',
      `[connector] Cannot write ${shown}: it is there already, and nothing is overwritten. Choose another --folder, or move it away.`,
    );
  }
  const files = readdirSync(template).toSorted();
  for (const file of files) {
    const text = readFileSync(join(template, file), 'utf8');
    writeFresh('connector', join(folder, file), filled(text, name, folder));
  }
  const written = files.map((file) => join(shown, file));
  out.line({ type: 'written', files: written });
  for (const file of written) out.say(`Wrote ${file}`);
  out.say(`A plan in this folder names it by uses: ./${join(shown, 'connector.ts')}`);
  out.next(`npm install --prefix ${shown}`, `then npm test --prefix ${shown}`);
  return exits.fine;
}

function assertName(name: string): void {
  if (!isName(name)) {
    throw new CliError(
      'BK-0101',
      `[connector] "${name}" is no name of a connector: small letters, digits and single hyphens, as in switchboard.`,
    );
  }
  if (connectorNames.includes(name)) {
    throw new CliError(
      'BK-0106',
      `[connector] Cannot call it ${name}: Backout brings a connector of that name. Call it otherwise, such as our-${name}.`,
    );
  }
}

function isTaken(folder: string): boolean {
  try {
    return readdirSync(folder).length > 0;
  } catch (error) {
    // A folder that is not there is free; a file in its place is not.
    return !(error instanceof Error && 'code' in error && error.code === 'ENOENT');
  }
}

function filled(text: string, name: string, folder: string): string {
  const { devDependencies = {}, dependencies = {} } = manifest();
  return text
    .replaceAll('BACKOUT_FROM', `file:${relative(folder, home)}`)
    .replaceAll('ZOD_VERSION', dependencies['zod'] ?? '*')
    .replaceAll('TYPES_VERSION', devDependencies['@types/node'] ?? '*')
    .replaceAll('TYPESCRIPT_VERSION', devDependencies['typescript'] ?? '*')
    .replaceAll('SWITCHBOARD', name.replaceAll('-', '_').toUpperCase())
    .replaceAll('switchboard', name);
}

interface Manifest {
  readonly dependencies?: { readonly [name: string]: string };
  readonly devDependencies?: { readonly [name: string]: string };
}

/** Our own package.json: what is written is tried with the versions that Backout itself is. */
function manifest(): Manifest {
  return JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')) as Manifest;
}
