// A rollback of many small steps, each of which writes its name into a book when it is applied: what is done twice, or never, shows.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The names of so many steps. */
export function partsOf(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `part-${index + 1}`);
}

/** Writes the plan of this name and its empty book into the folder; answers the plan's file. */
export function writeManyParts(folder: string, name: string, parts: readonly string[]): string {
  const steps = parts.map(
    (
      part,
    ) => `          - { step: ${part}, owner: technical, timebox: 4m, uses: command/holds, with: { system: here,
              observe: [grep, -qx, ${part}, ${name}.book], apply: [sh, -c, "echo ${part} >> ${name}.book"] } }`,
  );
  const plan = `backout: 1
name: ${name}
objectives: { rto: 5m, rpo: 0s }
people: { ada: { name: Ada } }
roles: { owner: ada, deputies: { technical: ada } }
systems: { here: { uses: command } }
playbooks:
  full:
    scope: full
    stages:
      - parts:
${steps.join('\n')}
    verified: { by: [all-good], hold: 1s, within: 60s }
checks:
  last: { uses: command/holds, with: { system: here, observe: [grep, -qx, ${parts.at(-1) ?? ''}, ${name}.book] } }
checkpoints:
  all-good: { checks: [last] }
`;
  const file = `${name}.plan.yaml`;
  writeFileSync(join(folder, file), plan);
  writeFileSync(join(folder, `${name}.book`), '');
  return file;
}

/** What the book says, in order. */
export function bookOf(folder: string, name: string): readonly string[] {
  return readFileSync(join(folder, `${name}.book`), 'utf8')
    .trim()
    .split('\n');
}
