// The page of all codes: exit codes, errors of the command line and of plans, of the store, of the API, and refusals of orders.
import { cliCodes } from '../../src/cli/exit.ts';
import { planCodes } from '../../src/core/plan/codes.ts';
import type { ProblemCode } from '../../src/server/problems.ts';
import type { StoreErrorCode } from '../../src/store/errors.ts';
import { code, table } from './table.ts';

/** The page without its title. */
export function codesPage(): string {
  const commandLine = Object.entries(cliCodes).map(([name, { exit, means }]) => [
    code(name),
    String(exit),
    means,
  ]);
  return [
    'Codes are stable: one meaning each, never used again for another. The sentence beside a code says what is wrong here and how to mend it.\n',
    `## Exit codes\n${table(['exit', 'means'], exitCodes)}`,
    `## Command line\n${table(['code', 'exit', 'means'], commandLine)}`,
    `## Plans\nAll of them end with exit 2 and are shown all at once, each with its file, line and column.\n\n${table(['code', 'means'], rows(planCodes))}`,
    `## Store\nSaid with \`BK-0109\` (\`bad-url\` with \`BK-0101\`).\n\n${table(['code', 'means'], rows(storeCodes))}`,
    `## Refused orders\nAn order that the journal does not accept ends with \`BK-0108\`, in the API with a problem document of the same code.\n\n${table(['code', 'means'], rows(refusals))}`,
    `## API\nBeside the refusals above, \`code\` of a problem document (RFC 9457) is one of these.\n\n${table(['code', 'means'], rows(problems))}`,
  ].join('\n');
}

function rows(codes: { readonly [name: string]: string }): readonly (readonly string[])[] {
  return Object.entries(codes).map(([name, means]) => [code(name), means]);
}

const exitCodes = [
  ['0', 'Fine.'],
  [
    '1',
    'The answer is no: findings that block, a run that is not verified, an order that was refused, a record that is not whole.',
  ],
  ['2', 'The command line or the plan is wrong.'],
  ['3', 'Something could not be reached: no answer is not a no.'],
  ['130', 'Interrupted. A run goes on; what was said last tells how to come back.'],
] as const;

const storeCodes = {
  unreachable: 'The database does not answer now. Running nodes wait and go on by themselves.',
  'wrong-password': 'The user or the password is wrong, or `pg_hba.conf` does not let us in.',
  'no-such-database': 'There is no such database.',
  'not-allowed': 'The user lacks a right, mostly CREATE on the database.',
  'pooler-in-the-way': 'A pooler gives one connection of the server to several clients.',
  'read-only': 'The database is a standby or read-only.',
  'disk-full': 'The disk of the database is full. Nothing is half-written.',
  'too-many-connections': '`max_connections` is reached.',
  'too-slow': 'A statement or a lock took too long.',
  'too-old': 'The server is older than Postgres 15.',
  'newer-backout': 'A newer Backout has changed this database; this one may not touch it.',
  'changed-migration':
    'The database was made with another text of a migration than this Backout has.',
  corrupt: 'Postgres says that its files are damaged.',
  'bad-url': 'The database URL does not begin with `postgresql://`.',
  folder: 'The data folder cannot be used: rights, disk, or somebody else’s.',
  'other-major': 'Another major version of Postgres made this data folder.',
  'no-postgres': 'No Postgres of version 15 or newer was found to run.',
  'not-started': 'Postgres did not start; its log says why.',
  'unsafe-settings':
    'A setting is off without which written would not mean kept (`fsync` and the like).',
  refused: 'The database refused for another reason, which is said.',
} as const satisfies Record<StoreErrorCode, string>;

const problems = {
  'bad-address': 'A number in the address is none.',
  'bad-body': 'The body is no JSON, or not the JSON that is wanted; `issues` says where.',
  'too-large': 'The body is larger than is taken here.',
  'wrong-host': 'The server is not known under this name (`--name` adds one).',
  'other-origin': 'What changes something must come from a page of this server or bear the token.',
  'token-wanted': 'The server wants its token.',
  'token-unknown': 'The operator token is nobody’s: revoked, replaced, or of another server.',
  'who-contradicts': 'The order names somebody else than the token proves.',
  'nothing-there': 'There is nothing at this address.',
  'delivery-rejected': 'An event was refused: not signed, too old, or not for this plan.',
  'fingerprint-mismatch': 'The plan that was sent is not the one that its fingerprint names.',
  'store-unreachable': 'The database does not answer now.',
  'store-trouble': 'The database answers, and something is wrong with it.',
  defect: 'A defect of Backout; the log of the server has the cause.',
} as const satisfies Record<ProblemCode, string>;

/** Every refusal of the core and of the office; a test finds those that are missing. */
export const refusals = {
  'attempt-stale':
    'This attempt of a step no longer counts; a newer one does, or the run has ended.',
  'approval-waits': 'This run waits for approvals already; somebody else approves it.',
  'consent-mismatch': 'What was typed is not the name of what the step destroys.',
  'consent-not-wanted': 'The step waits for nobody’s consent.',
  'decided-already': 'Somebody or something answered first; the sentence says who and what.',
  'evidence-missing': 'The step needs evidence: say what you saw.',
  'four-eyes': 'A second pair of eyes is wanted: not of whoever asked, or broke the glass.',
  'last-manager': 'The last operator who manages the others cannot be revoked.',
  'left-to-newer': 'A newer Backout has carried this on; this version leaves it alone.',
  'no-question': 'Nothing waits for a decision.',
  'no-such-operator': 'There is no operator of this name.',
  'no-such-phase': 'The plan has no such phase.',
  'no-such-scope': 'The plan has no component, region, tenant or cohort of that name.',
  'scope-beyond-playbook': 'The playbook does not restore what was asked for.',
  'scope-does-nothing': 'No step of the playbook is for what was asked for.',
  'scope-breaks-needs': 'A step of the scope needs one that the scope leaves out.',
  'needs-open': 'What the step needs is not over yet.',
  'scope-too-large': 'A run of this scope would have more steps than a run may have.',
  'nothing-to-overrule': 'The step holds nothing back by the word of the plan.',
  'overrule-only':
    'Only the owner may let the run go on without this: it is overruled, never skipped.',
  'no-such-playbook': 'The plan has no such playbook.',
  'no-such-question': 'There is no such open decision.',
  'no-such-run': 'There is no such run.',
  'no-such-step': 'The run has no such step.',
  'no-such-review': 'No review of this run is owed.',
  'nothing-to-approve': 'Nobody wants to skip this step.',
  'nothing-to-hold': 'A run that waits for approvals is approved, refused, or not started in time.',
  'nothing-to-withdraw':
    'This person has neither asked for nor approved anything that still waits.',
  'not-yours': 'Somebody else may do this; the sentence says who, and how to reach them.',
  'operator-exists': 'There is an operator of this name already.',
  'nothing-to-undo': 'The run changed nothing that could be undone.',
  'plan-not-armed': 'This plan is not watched yet.',
  'playbook-broken': 'The playbook can never be finished.',
  'proof-wanted': 'There are operators, so the order must be proven by the token of one.',
  'question-open': 'A decision waits; it is answered before anything is rehearsed.',
  'reason-missing': 'Leaving a step out and dismissing a question need a reason.',
  'run-aborting': 'The run is being aborted.',
  'run-ended': 'The run has ended; nothing changes it any more.',
  'run-exists': 'The run has begun already.',
  'run-overtaken': 'A newer run changed the same target; it is undone first.',
  'run-paused': 'The run is paused.',
  'run-under-way': 'A target has one run at a time.',
  'second-person-wanted': 'Who ordered the run can not be the second person.',
  'step-done': 'The step is done.',
  'step-not-blocked': 'Only a blocked step can be tried again.',
  'step-not-waiting': 'Only a step that asks for people, or is blocked, can be confirmed by hand.',
  'step-running': 'The step is being carried out now.',
  'stream-busy': 'The stream changed again and again while this was decided; try again.',
  'target-claimed': 'Another run has the target of this plan.',
  'timebox-spent': 'The timebox of the step is spent.',
  'undone-already': 'The run was undone already.',
  'verification-by-hand': 'A verification is measured, never confirmed by hand.',
  'verification-by-looks':
    'A verification, and the look after a ring, are decided by looks over time, never by one result.',
  'which-question': 'Several decisions wait; name one.',
} as const;
