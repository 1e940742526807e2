// Plan files on this machine: found, read with everything that they include, and parsed.
import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, relative, resolve } from 'node:path';
import { fingerprint } from '../core/plan/canonical.ts';
import { didYouMean } from '../core/plan/nearest.ts';
import { parsePlan, type ParsedPlan } from '../core/plan/parse.ts';
import type { Plan } from '../core/plan/plan.ts';
import type { Finding, Problem } from '../core/plan/problem.ts';
import { CliError } from './exit.ts';

/** A plan that is valid, with where it came from. */
export interface LoadedPlan {
  readonly file: string;
  readonly plan: Plan;
  readonly fingerprint: string;
  /** The folder that relative paths of the plan start at. */
  readonly directory: string;
  readonly findings: readonly Finding[];
}

/** A plan that is not valid; the command ends with its problems. */
class InvalidPlan extends CliError {
  readonly problems: readonly Problem[];

  constructor(file: string, problems: readonly Problem[]) {
    const count = problems.length === 1 ? 'one problem' : `${problems.length} problems`;
    super('BK-0104', `[plan] Cannot use ${file}: it has ${count}.`);
    this.problems = problems;
  }
}

/** Where plans lie when nobody names one, first match wins. */
const places = ['backout/*.plan.{yaml,yml}', '*.plan.{yaml,yml}'];

/** More than any plan has; the parser has its own, smaller limit with its own words. */
const readableMax = 64 * 1024 * 1024;

/** The plan files of this folder. */
export function findPlanFiles(folder: string): readonly string[] {
  for (const place of places) {
    const found = globSync(place, { cwd: folder }).toSorted();
    if (found.length > 0) return found;
  }
  return [];
}

/** The plan files that were named, else those of this folder; at least one. */
export function planFiles(named: readonly string[], folder: string): readonly string[] {
  if (named.length > 0) return named;
  const found = findPlanFiles(folder);
  if (found.length > 0) return found;
  throw new CliError(
    'BK-0102',
    `[plan] Cannot find a plan here: there is no ${places.join(' and no ')} in ${folder}. Name the file, or write one with: backout init`,
  );
}

/** Parses a plan file. Throws a CliError when the file itself cannot be read. */
export function parsePlanFile(file: string): ParsedPlan {
  const read = readText(file);
  if ('problem' in read) {
    throw new CliError(
      'BK-0103',
      `[plan] Cannot read ${file}: ${read.problem}.${nearestFile(file)}`,
    );
  }
  return parsePlan({ file, text: read.text, read: readText });
}

/** A valid plan, or InvalidPlan with every problem. */
function loadPlan(file: string): LoadedPlan {
  const parsed = parsePlanFile(file);
  if (parsed.type === 'problems') throw new InvalidPlan(file, parsed.problems);
  const { plan, findings } = parsed;
  return {
    file,
    plan,
    findings,
    fingerprint: fingerprint(plan),
    directory: dirname(resolve(file)),
  };
}

/** The one plan that a command is about: a file, the name of a plan of this folder, or the only one there. */
export function choosePlan(wanted: string | undefined, folder: string): LoadedPlan {
  const only = wanted === undefined ? planFiles([], folder) : [];
  if (only.length === 1) return loadPlan(only[0] ?? '');
  if (only.length > 1) {
    throw new CliError(
      'BK-0102',
      `[plan] Cannot choose a plan: ${only.join(', ')} are here. Say which one: --plan <file>, or the file alone after serve.`,
    );
  }
  const named = wanted ?? '';
  if (isFile(named)) return loadPlan(named);
  const byName = planOfName(named, folder);
  if (byName !== undefined) return byName;
  throw new CliError(
    'BK-0102',
    `[plan] Cannot find a plan "${named}": it is neither a file nor the name of a plan here.${nearestFile(named)}`,
  );
}

/** The plan of that name among the files of this folder; one that is not valid is known by its file or its first lines, and its problems are said. */
function planOfName(name: string, folder: string): LoadedPlan | undefined {
  const files = findPlanFiles(folder).map((file) => ({ file, parsed: parsePlanFile(file) }));
  const found =
    files.find(({ parsed }) => parsed.type === 'plan' && parsed.plan.name === name) ??
    files.find(({ parsed, file }) => parsed.type === 'problems' && isNamed(file, name));
  return found === undefined ? undefined : loadPlan(found.file);
}

function isNamed(file: string, name: string): boolean {
  if (basename(file).startsWith(`${name}.plan.`)) return true;
  const read = readText(file);
  return 'text' in read && /^name: *["']?([a-z0-9-]+)/m.exec(read.text)?.[1] === name;
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

function readText(path: string): { readonly text: string } | { readonly problem: string } {
  try {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found === undefined) return { problem: 'there is no such file' };
    if (!found.isFile())
      return { problem: found.isDirectory() ? 'it is a folder' : 'it is not a file' };
    if (found.size > readableMax)
      return {
        problem: `it has ${Math.round(found.size / 1024 / 1024)} MiB, and no plan is that large`,
      };
    return { text: readFileSync(path, 'utf8') };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}

function nearestFile(wanted: string): string {
  if (existsSync(wanted)) return '';
  const near = didYouMean(
    wanted,
    findPlanFiles('.').map((file) => relative('.', file)),
  );
  return near === undefined ? '' : ` ${near.charAt(0).toUpperCase()}${near.slice(1)}`;
}

/** Ends the command when the plan has no such phase; before anything begins. */
export function assertPhase({ plan, file }: LoadedPlan, phase: string | undefined): void {
  const names = plan.phases.map((each) => each.name);
  if (phase === undefined || names.includes(phase)) return;
  const near = didYouMean(phase, names) ?? `it has ${names.join(', ') || 'none'}`;
  throw new CliError(
    'BK-0105',
    `[plan] Cannot enter phase ${phase}: ${file} has no such phase; ${near}`,
  );
}
