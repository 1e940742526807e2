// What may be posted to the API: zod schemas of every body, with the limits of each text.
import { z } from 'zod';
import type { DecisionOrder, RunOrder } from '../../engine/control.ts';
import { fingerprint } from '../../core/plan/canonical.ts';
import type { Plan } from '../../core/plan/plan.ts';
import { type Scope, settledScope } from '../../core/rollback/scope.ts';
import type { Snapshot } from '../../engine/systems.ts';
import { Problem, type Issue } from '../problems.ts';
import { personName } from '../who.ts';

const reason = z.string().trim().max(2_000);
const stated = reason.min(1, 'Say why, in a few words.');
const name = z.string().min(1).max(63);
const step = z.string().min(1).max(200);
const who = personName.optional();
const decision = z.int().positive().optional();
const dictionary = z.record(z.string(), z.unknown());

/** The parts of a normalised plan that everything else reads; the fingerprint vouches for the rest. */
const plan = z.looseObject({
  backout: z.literal(1),
  name,
  systems: dictionary,
  signals: dictionary,
  phases: z.array(z.looseObject({ name, failure: z.array(name) })),
  triggers: dictionary,
  guards: z.looseObject({ cooldown: z.number() }),
  playbooks: dictionary,
  checks: dictionary,
  checkpoints: dictionary,
});

/** `POST /migrations`. */
export const armBody = z.strictObject({
  snapshot: z.strictObject({
    plan,
    fingerprint: z.string().regex(/^[0-9a-f]{64}$/, 'A fingerprint is 64 hexadecimal digits.'),
    directory: z.string().max(4_096),
  }),
  phase: name.nullable(),
  who,
});

const names = z.array(name).max(1_000).optional();

/** What shall go back; kinds that are left out go back whole. */
const scope = z
  .strictObject({ component: names, region: names, tenant: names, cohort: names })
  .transform((said): Scope =>
    settledScope(Object.fromEntries(Object.entries(said).filter(([, each]) => each !== undefined))),
  );

/** `POST /runs`. */
export const orderBody = z.strictObject({
  plan: name,
  playbook: name,
  because: stated,
  kind: z.enum(['live', 'drill', 'simulation']),
  scope: scope.optional(),
  breakGlass: z.boolean().optional(),
  who,
});

/** `POST /runs/:run/undo`. */
export const undoBody = z.strictObject({ because: stated, from: step.optional(), who });

/** An answer to a question. */
export const decisionOrder = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('Approve'), decision, because: reason.optional() }),
  z.strictObject({
    type: z.literal('Hold'),
    decision,
    forMs: z
      .int()
      .positive()
      .max(7 * 86_400_000, 'A hold is a week at the most.'),
    because: reason.optional(),
  }),
  z.strictObject({ type: z.literal('Dismiss'), decision, because: stated }),
  z.strictObject({ type: z.literal('Withdraw'), decision }),
  z.strictObject({ type: z.literal('CloseReview'), run: z.int().positive(), because: stated }),
]);

/** What a person may tell a run. */
export const runOrder = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('PauseRun'), because: reason }),
  z.strictObject({ type: z.literal('ResumeRun') }),
  z.strictObject({ type: z.literal('AbortRun'), because: reason }),
  z.strictObject({
    type: z.literal('ConfirmStep'),
    step,
    evidence: z.string().trim().max(10_000).optional(),
  }),
  z.strictObject({ type: z.literal('SkipStep'), step, because: stated }),
  z.strictObject({ type: z.literal('RetryStep'), step }),
  z.strictObject({
    type: z.literal('ConsentStep'),
    step,
    typed: z.string().trim().min(1).max(200),
  }),
  z.strictObject({ type: z.literal('OverruleStep'), step, because: stated }),
  z.strictObject({ type: z.literal('ApproveSkip'), step, because: reason.optional() }),
  z.strictObject({ type: z.literal('WithdrawSkip'), step }),
  z.strictObject({ type: z.literal('TakeStep'), step }),
]);

/** `POST /migrations/:plan/decisions`. */
export const decideBody = z.strictObject({ order: decisionOrder, who });

/** `POST /runs/:run/orders`. */
export const tellBody = z.strictObject({ order: runOrder, who });

/** Parses at the edge once; every issue is told, not only the first. */
export function parsed<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issues = result.error.issues.map((issue): Issue => ({
    path: issue.path.map(String).join('.'),
    message: issue.message,
  }));
  const places = issues
    .map(({ path, message }) => `${path === '' ? 'body' : path}: ${message}`)
    .join(' ');
  throw new Problem(
    422,
    'bad-body',
    `[server] This body is not as it should be. ${places}`,
    issues,
  );
}

/** An order without the fields that were left out: what is not said is absent. */
export function withoutGaps<Order extends RunOrder | DecisionOrder>(order: {
  readonly type: Order['type'];
}): Order {
  // The cast holds because the schemas above have the fields of the orders, optional ones as undefined.
  return Object.fromEntries(
    Object.entries(order).filter(([, value]) => value !== undefined),
  ) as unknown as Order;
}

/** The snapshot that was posted, if it is what its fingerprint says: a node remembers plans by their fingerprint. */
export function snapshotOf(posted: z.output<typeof armBody>['snapshot']): Snapshot {
  if (fingerprint(posted.plan) !== posted.fingerprint) {
    throw new Problem(
      422,
      'fingerprint-mismatch',
      '[server] The fingerprint is not that of this plan. Send the plan as `backout` parsed it.',
    );
  }
  // The cast holds because only a parser of the plan language makes normalised plans; its parts were looked at above.
  return { ...posted, plan: posted.plan as unknown as Plan };
}
