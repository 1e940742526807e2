// `backout doctor`: is everything here that Backout needs, and does each system of a plan let us in? Each line says how to mend it.
import type { Cli } from './cli.ts';
import { aboutMachine } from './doctor/machine.ts';
import type { Symptom } from './doctor/symptom.ts';
import { aboutStore } from './doctor/store.ts';
import { aboutSystems } from './doctor/systems.ts';
import { CliError, exits, type Exit } from './exit.ts';
import { choosePlan, findPlanFiles, type LoadedPlan } from './plan-file.ts';
import { wrap } from './view/lines.ts';
import { markOf } from './view/marks.ts';

/** Options of `doctor`. */
export interface DoctorOptions {
  readonly plan?: string;
}

/** Looks at everything; exit 1 when something is wrong, 3 when something could not be asked. */
export async function doctor(cli: Cli, options: DoctorOptions): Promise<Exit> {
  cli.interrupt.listen();
  const seen: Symptom[] = [];
  for (const look of [
    () => aboutMachine(cli),
    () => aboutStore(cli),
    () => aboutPlan(cli, options),
  ]) {
    for await (const symptom of look()) {
      seen.push(symptom);
      show(cli, symptom);
    }
  }
  return conclude(cli, seen);
}

async function* aboutPlan(cli: Cli, options: DoctorOptions): AsyncGenerator<Symptom> {
  const loaded = planOf(cli, options);
  if (loaded !== undefined) yield* aboutSystems(cli, loaded);
  else
    yield {
      about: 'plan',
      says: 'good',
      text: 'no plan here, so no systems to ask (--plan <file> names one)',
    };
}

/** A plan that was named must be there; without a name, one that is there is asked about too. */
function planOf(cli: Cli, { plan }: DoctorOptions): LoadedPlan | undefined {
  if (plan === undefined && findPlanFiles(cli.folder).length !== 1) return undefined;
  try {
    return choosePlan(plan, cli.folder);
  } catch (error) {
    if (plan === undefined && error instanceof CliError) return undefined;
    throw error;
  }
}

function show({ out }: Cli, { about, says, text, mend }: Symptom): void {
  out.line({ type: 'symptom', about, says, text, ...(mend === undefined ? {} : { mend }) });
  const indent = ' '.repeat(16);
  const [first = '', ...rest] = wrap(text, out.look.width - indent.length);
  out.say(`${markOf(says, out.look)} ${about.padEnd(13)} ${first}`);
  for (const line of rest) out.say(indent + line);
  if (mend !== undefined)
    for (const line of wrap(`Mend: ${mend}`, out.look.width - indent.length))
      out.say(indent + line);
}

function conclude({ out }: Cli, seen: readonly Symptom[]): Exit {
  const count = (says: Symptom['says']): number =>
    seen.filter((symptom) => symptom.says === says).length;
  const [bad, unknown] = [count('bad'), count('unknown')];
  out.result({ bad, unknown, attention: count('attention') });
  if (bad > 0)
    out.say(`${bad} to mend${unknown > 0 ? `, ${unknown} that could not be asked` : ''}.`);
  else out.say(unknown > 0 ? `${unknown} could not be asked; that is no "no".` : 'All is well.');
  if (bad > 0) return exits.no;
  return unknown > 0 ? exits.unreachable : exits.fine;
}
