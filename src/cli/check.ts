// `backout check`: is the plan valid, and what does the language itself find missing in it?
import { watch, writeFileSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { fingerprint } from '../core/plan/canonical.ts';
import { parsePlanFile, planFiles } from './plan-file.ts';
import type { Cli } from './cli.ts';
import { CliError, exits, type Exit } from './exit.ts';
import { type CheckFormat, writers } from './check/formats.ts';
import { connectorFindings } from './check/connectors.ts';
import type { Checked } from './check/checked.ts';
import { serverFindings } from './check/server.ts';

/** Options of `check`. */
export interface CheckOptions {
  readonly format: CheckFormat;
  readonly output?: string;
  readonly watch?: boolean;
}

/** Files that change together (an editor writes, renames, writes again) are judged once. */
const settleMs = 60;

/** Judges the plans, once or again on each save. */
export async function check(
  cli: Cli,
  files: readonly string[],
  options: CheckOptions,
): Promise<Exit> {
  if (options.watch !== true) return (await checkOnce(cli, files, options)).exit;
  cli.interrupt.listen();
  return checkOnSave(cli, files, options);
}

interface Round {
  readonly exit: Exit;
  /** Every file that had a say. */
  readonly sources: readonly string[];
}

async function checkOnce(
  cli: Cli,
  files: readonly string[],
  { format, output }: CheckOptions,
): Promise<Round> {
  const checked = await Promise.all(planFiles(files, cli.folder).map((file) => judge(cli, file)));
  const exit = exitOf(checked);
  if (cli.out.json) writeLines(cli, checked, exit);
  else
    deliver(
      cli,
      writers[format](checked, { look: cli.out.look, version: cli.platform.version }),
      output,
    );
  return { exit, sources: checked.flatMap((one) => one.sources) };
}

async function judge(cli: Cli, file: string): Promise<Checked> {
  const parsed = parsePlanFile(file);
  if (parsed.type === 'problems') {
    const sources = [file, ...parsed.problems.map((problem) => problem.file)];
    return { type: 'invalid', file, problems: parsed.problems, sources: [...new Set(sources)] };
  }
  const { plan, findings, sources } = parsed;
  return {
    type: 'valid',
    file,
    plan,
    fingerprint: fingerprint(plan),
    findings: [
      ...findings,
      ...(await connectorFindings(plan, sources, dirname(resolve(file)))),
      ...(await serverFindings(cli, plan, sources)),
    ],
    sources: sources.map((source) => source.file),
  };
}

/** An invalid plan is worse than one that is not ready. */
function exitOf(checked: readonly Checked[]): Exit {
  if (checked.some((one) => one.type === 'invalid')) return exits.usage;
  const blocks = checked.some(
    (one) => one.type === 'valid' && one.findings.some((finding) => finding.severity === 'block'),
  );
  return blocks ? exits.no : exits.fine;
}

function writeLines({ out }: Cli, checked: readonly Checked[], exit: Exit): void {
  for (const one of checked) {
    if (one.type === 'invalid')
      for (const problem of one.problems) out.line({ type: 'problem', ...problem });
    else {
      out.line({ type: 'plan', file: one.file, name: one.plan.name, fingerprint: one.fingerprint });
      for (const finding of one.findings) out.line({ type: 'finding', ...finding });
    }
  }
  out.result({ plans: checked.length, valid: exit !== exits.usage });
}

function deliver({ out }: Cli, text: string, output: string | undefined): void {
  if (output === undefined) return out.say(text.trimEnd());
  try {
    writeFileSync(output, text.endsWith('\n') ? text : `${text}\n`);
  } catch (error) {
    throw new CliError(
      'BK-0107',
      `[check] Cannot write ${output}: ${error instanceof Error ? error.message : String(error)}. Choose another file with -o.`,
    );
  }
  out.talk(`Wrote ${output}`);
}

/** Editors replace files instead of writing into them, so the folders are watched. */
async function checkOnSave(
  cli: Cli,
  files: readonly string[],
  options: CheckOptions,
): Promise<Exit> {
  let exit: Exit = exits.fine;
  while (!cli.interrupt.signal.aborted) {
    let sources: readonly string[] = files;
    try {
      ({ exit, sources } = await checkOnce(cli, files, options));
    } catch (error) {
      if (!(error instanceof CliError)) throw error;
      cli.out.complain(error.message);
      exit = error.exit;
      sources = files.length > 0 ? files : ['.'];
    }
    await saved(cli, sources);
  }
  return exit;
}

/** Says that it waits once it does, so that no save after that word is missed. */
async function saved({ out, interrupt }: Cli, files: readonly string[]): Promise<void> {
  const names = new Set(files.map((file) => basename(file)));
  const { signal } = interrupt;
  await new Promise<void>((resolve) => {
    let settled: NodeJS.Timeout | undefined;
    const done = (): void => {
      clearTimeout(settled);
      for (const watcher of watchers) watcher.close();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const watchers = [...new Set(files.map((file) => dirname(file)))].map((folder) =>
      watch(folder, (_event, name) => {
        if (name !== null && !names.has(name) && !/\.ya?ml$/.test(name)) return;
        clearTimeout(settled);
        settled = setTimeout(done, settleMs);
      }),
    );
    signal.addEventListener('abort', done, { once: true });
    out.talk('Checks again on each save; Ctrl-C ends.');
  });
}
