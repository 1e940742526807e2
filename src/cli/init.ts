// `backout init`: writes a plan to begin with, and the workflow that checks it; never over anything that is there.
import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { jsonSchema } from '../core/plan/json-schema.ts';
import { didYouMean } from '../core/plan/nearest.ts';
import { parsePlan } from '../core/plan/parse.ts';
import { isName } from '../core/plan/scalars.ts';
import type { Cli } from './cli.ts';
import { CliError, exits, type Exit } from './exit.ts';
import { writeFresh } from './fresh-file.ts';
import { markOf } from './view/marks.ts';

/** Options of `init`. */
export interface InitOptions {
  readonly from: string;
  readonly name?: string;
  readonly ci?: boolean;
}

/** The same folder beside src/ and beside dist/. */
const templates = fileURLToPath(new URL('../../templates', import.meta.url));

/** Writes the files. */
export async function init(cli: Cli, { from, name, ci = false }: InitOptions): Promise<Exit> {
  const { out, folder } = cli;
  const text = planText(from, name);
  const wanted = name ?? nameIn(text);
  const files = [
    { path: join(folder, 'backout', `${wanted}.plan.yaml`), text },
    ...(ci
      ? [
          {
            path: join(folder, '.github', 'workflows', 'backout.yml'),
            text: template('ci-workflow.yml'),
          },
        ]
      : []),
  ];
  const taken = files
    .filter(({ path }) => existsSync(path))
    .map(({ path }) => relative(folder, path));
  if (taken.length > 0) {
    throw new CliError(
      'BK-0106',
      `[init] Cannot write ${taken.join(' and ')}: it is there already, and nothing is overwritten. Choose another --name, or move it away.`,
    );
  }
  for (const file of files) writeFresh('init', file.path, file.text);
  const schema = writeSchema(join(folder, 'backout', 'backout.schema.json'));
  const [plan] = files;
  const path = relative(folder, plan?.path ?? '');
  const parsed = parsePlan({ file: path, text });
  const places = text.split('\n').filter((line) => line.includes('CHANGE')).length;
  out.line({ type: 'written', files: files.map((file) => relative(folder, file.path)) });
  out.say(
    `Wrote ${path}   (${text.trimEnd().split('\n').length} lines, ${places} places marked CHANGE)`,
  );
  for (const file of files.slice(1))
    out.say(`Wrote ${relative(folder, file.path)}   (backout check on each pull request)`);
  if (schema) out.say('Wrote backout/backout.schema.json   (your editor completes by it)');
  if (parsed.type === 'plan') {
    const open = parsed.findings.filter((finding) => finding.severity === 'block').length;
    out.say(
      open === 0
        ? `${markOf('good', out.look)} It is valid as it stands; it becomes yours where it says CHANGE.`
        : `${markOf('attention', out.look)} ${open} findings, as expected on day one.`,
    );
  }
  out.next('backout check --watch', `open ${path} in your editor, it completes`);
  return exits.fine;
}

/** The schema belongs to this version of Backout; one that is there is left as it is. */
function writeSchema(path: string): boolean {
  if (existsSync(path)) return false;
  writeFresh('init', path, `${JSON.stringify(jsonSchema(), null, 2)}\n`);
  return true;
}

function planText(from: string, name: string | undefined): string {
  if (name !== undefined && !isName(name)) {
    throw new CliError(
      'BK-0101',
      `[init] "${name}" is no name of a migration: small letters, digits and single hyphens, as in ledger-cutover.`,
    );
  }
  const known = globSync('*.plan.yaml', { cwd: templates })
    .map((file) => basename(file, '.plan.yaml'))
    .toSorted();
  if (!known.includes(from)) {
    const near = didYouMean(from, known) ?? `known: ${known.join(', ')}`;
    throw new CliError('BK-0105', `[init] There is no template "${from}"; ${near}`);
  }
  const text = template(`${from}.plan.yaml`);
  return name === undefined ? text : text.replace(/^name: .*$/m, `name: ${name}`);
}

function template(file: string): string {
  return readFileSync(join(templates, file), 'utf8');
}

function nameIn(text: string): string {
  return /^name: (\S+)/m.exec(text)?.[1] ?? 'migration';
}
