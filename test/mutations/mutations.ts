// Mutations of engine and core: each breaks one thing that a promise rests on, and names who must find out.
import type { invariants } from '../../src/testing/simulator.ts';

/** A change of one file of src, as text: what stands there, and what stands there instead. */
export interface Mutation {
  readonly what: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** One of these promises must be found broken. */
  readonly breaks: readonly (keyof typeof invariants)[];
}

/** All of them, by name. */
export const mutations: { readonly [name: string]: Mutation } = {
  'drop-the-fence': {
    what: 'news of an older attempt count like those of the one that counts',
    file: 'core/rollback/attempt.ts',
    from: "step.status === 'running' && step.attempt === attempt",
    to: "step.status === 'running'",
    breaks: ['one-attempt-counts'],
  },
  'apply-a-late-result': {
    what: 'a result that comes too late is applied',
    file: 'core/rollback/attempt.ts',
    from: `      if (counts(run, step, command.attempt))
        return yes(...result(`,
    to: `      if (run.status !== 'ended')
        return yes(...result(`,
    breaks: ['one-attempt-counts'],
  },
  'double-dispatch': {
    what: 'an attempt that one node has is begun by another, too',
    file: 'core/rollback/attempt.ts',
    from: "    step.status !== 'dispatched' ||\n",
    to: '',
    breaks: ['one-attempt-counts'],
  },
  'skip-the-observe': {
    what: 'a step is applied without being observed first',
    file: 'engine/attempt.ts',
    from: 'const first = known(await answerOf(call, observe(), systems.clock));',
    to: "const first = { type: 'differs', evidence: { set: false } };",
    breaks: ['observes-first'],
  },
  'unknown-is-differs': {
    what: 'what could not be observed is applied',
    file: 'engine/observation.ts',
    from: `      const { class: errorClass, because } = observation as Observation & { type: 'unknown' };
      throw new ConnectorError(errorClass, because);`,
    to: "      return { type: 'differs', evidence: null };",
    breaks: ['observes-first', 'keeps-what-was'],
  },
  'applies-before-it-tells': {
    what: 'a node applies while the journal does not know yet what was there before',
    file: 'engine/attempt.ts',
    from: 'if (!(await tellObserved(at, ',
    to: 'if (!(tellObserved(at, ',
    breaks: ['tells-first'],
  },
  'believes-its-own-apply': {
    what: 'a step counts as done because it was applied, without looking again',
    file: 'engine/attempt.ts',
    from: 'await report(at, await untilHolds(at, observe));',
    to: "await report(at, { type: 'holds', evidence: null });",
    breaks: ['done-is-so'],
  },
  'new-key-each-time': {
    what: 'each attempt has a key of its own',
    file: 'engine/attempt.ts',
    from: 'idempotencyKey: `run-${job.run}/${job.step}`',
    to: 'idempotencyKey: `run-${job.run}/${job.step}/${job.attempt}`',
    breaks: ['one-key'],
  },
  'swallow-the-lock-loss': {
    what: 'the steps of a node that loses its place do not hear of it',
    file: 'engine/node.ts',
    from: 'signal: this.#hands.signal,',
    to: 'signal: new AbortController().signal,',
    breaks: ['stops-when-lost'],
  },
  'skip-the-target': {
    what: 'nobody asks whether the system is the declared one',
    file: 'engine/target.ts',
    from: 'if (declared === undefined || found === undefined || declared === found) return;',
    to: 'return;',
    breaks: ['target-asserted'],
  },
  'forget-the-deadline': {
    what: 'the store is not told when a stream must be looked at again',
    file: 'engine/streams.ts',
    from: 'deadline: aggregate.deadline(after),',
    to: '',
    breaks: ['deadlines-are-kept'],
  },
  'lose-a-retry': {
    what: 'nobody remembers that a retry is due',
    file: 'core/rollback/tick.ts',
    from: `    case 'retrying':
      return run.status === 'running'`,
    to: `    case 'retrying':
      return run.status === 'paused'`,
    breaks: ['ends-or-waits'],
  },
  'answer-before-append': {
    what: 'people are told that it is done before it is in the journal',
    file: 'engine/office.ts',
    from: 'const appended = await this.#journal.append(whole);',
    to: "void this.#journal.append(whole).catch(() => undefined); return done(after, decided); const appended = { type: 'conflict' };",
    breaks: ['acknowledged-is-kept', 'tells-first'],
  },
  'two-runs-one-target': {
    what: 'a run does not claim its target',
    file: 'engine/starting.ts',
    from: 'const claim = `target/${migration.plan}`;',
    to: 'const claim = undefined;',
    breaks: ['one-run-per-target'],
  },
  'never-let-go': {
    what: 'a run that has ended keeps its target',
    file: 'engine/office.ts',
    from: 'release: true',
    to: 'release: false',
    breaks: ['target-let-go'],
  },
  'restart-a-terminal-run': {
    what: 'people may change a run that has ended',
    file: 'core/rollback/decide.ts',
    from: "if (run.status !== 'ended') return answer();",
    to: 'return answer();',
    breaks: ['terminal-is-terminal', 'one-run-per-target'],
  },
  'begin-too-early': {
    what: 'steps begin before what they need is over',
    file: 'core/rollback/advance.ts',
    from: 'node.needs.every((need) => settled.has(need)),\n',
    to: 'true,\n',
    breaks: ['order-is-kept'],
  },
  'abort-in-the-middle': {
    what: 'an aborted run ends while a system is being changed',
    file: 'core/rollback/advance.ts',
    from: '  return !run.graph.nodes.some(',
    to: '  return true || !run.graph.nodes.some(',
    breaks: ['one-attempt-counts'],
  },
  'count-a-gap': {
    what: 'time in which nobody looked counts as holding',
    file: 'engine/looking.ts',
    from: 'this.#isFirst = now - this.#lookedAt > GAP_MS;',
    to: '',
    breaks: ['verified-is-so'],
  },
  'count-the-way': {
    what: 'the time that the news of a look took counts as holding',
    file: 'core/rollback/attempt.ts',
    from: 'command.lookedAt ?? now',
    to: 'now',
    breaks: ['verified-is-so'],
  },
  'overlook-a-bad-look': {
    what: 'a look at which a check did not hold breaks nothing',
    file: 'core/rollback/attempt.ts',
    from: '  if (!command.holds) {\n    return run.holdingSince === null',
    to: '  if (!command.holds) {\n    return true',
    breaks: ['verified-is-so'],
  },
  'pass-any-checkpoint': {
    what: 'a checkpoint passes whatever its checks say',
    file: 'engine/looking.ts',
    from: 'if (missing.length === 0) {',
    to: 'if (missing.length >= 0) {',
    breaks: ['done-is-so'],
  },
  'guess-no-data': {
    what: 'a source that has nothing to say is taken for one that says something bad',
    file: 'engine/readings.ts',
    from: '      return { type: reading.type, at: when, because: systems.hide(textOf(reading.because)) };',
    to: "      return { type: 'number', at: when, value: 10 };",
    breaks: ['no-blind-rollback'],
  },
  'never-take-over': {
    what: 'what a dead node had in hand is left to it',
    file: 'engine/takeover.ts',
    from: 'held.filter(isGone)',
    to: 'held.filter(() => false)',
    breaks: ['taken-over'],
  },
  'fold-half-of-it': {
    what: 'a node overlooks events when it reads many at once',
    file: 'engine/streams.ts',
    from: 'state: fold(aggregate.evolve, known.state, events),',
    to: 'state: fold(aggregate.evolve, known.state, events.length > 4 ? events.slice(0, -1) : events),',
    breaks: ['fold-is-state', 'everything-ends'],
  },
};
