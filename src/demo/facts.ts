// What the demo measured, and whether it may call that good. Pure: facts in, verdict and lines out.

/** Everything measured. Times are epoch milliseconds of the store's clock; null when it never came. */
export interface Facts {
  readonly scenario: string;
  /** What this showing must come to: a rollback that a trigger starts by itself, one that people are asked about, or only a question. */
  readonly expected: 'automatic' | 'review' | 'asked-only';
  readonly brokeAt: number;
  readonly noticedAt: number | null;
  readonly decidedAt: number | null;
  /** How the first decision came about. */
  readonly decidedHow: 'automatic' | 'person' | 'silence' | null;
  /** A person said no to a rollback, and the story ended there. */
  readonly held: boolean;
  readonly servingAt: number | null;
  readonly endedAt: number | null;
  readonly outcome: string | null;
  readonly runs: number;
  readonly asked: boolean;
  readonly requests: number;
  readonly failed: number;
  readonly carried: { readonly missing: number; readonly different: number } | null;
  /** By the customers' own book: what they were promised, and what legacy's database has of it. */
  readonly book: {
    readonly promised: number;
    readonly found: number;
    readonly missing: readonly string[];
    readonly wrong: readonly string[];
    readonly ledgerOnly: readonly string[];
  };
  readonly weightLegacy: number;
  readonly rtoMs: number;
  /** Null when no node was to be killed. */
  readonly chaos: Chaos | null;
  readonly journal: {
    readonly events: number;
    readonly problems: number;
    /** The record as JSON lines, which stays when everything else is gone. */
    readonly file: string;
  };
}

/** What became of the node that was to be killed; `killed` is null when it never came to that. */
export interface Chaos {
  readonly killed: string | null;
  /** Attempts that the others found lost. */
  readonly lost: number;
  readonly finishedBy: readonly string[];
}

/** Why the demo may not call itself good; empty when every claim was checked and holds. */
export function complaintsOf(facts: Facts): readonly string[] {
  return [...complaintsOfCourse(facts), ...complaintsOfBook(facts), ...complaintsOfRecord(facts)];
}

function complaintsOfCourse(facts: Facts): readonly string[] {
  if (facts.expected === 'asked-only') {
    return [
      ...(facts.runs === 0
        ? []
        : [
            `${facts.runs} run(s) began although nobody could measure; a blind signal must never roll back by itself.`,
          ]),
      ...(facts.asked ? [] : ['Nobody was asked although the source was blind.']),
    ];
  }
  if (facts.held)
    return [
      'A person held, so nothing was rolled back and the customers stayed with the broken service.',
    ];
  return [...complaintsOfDecision(facts), ...complaintsOfRollback(facts)];
}

function complaintsOfDecision({ expected, asked, decidedHow }: Facts): readonly string[] {
  if (expected === 'review')
    return asked ? [] : ['Nobody was asked, although a review was wanted.'];
  return decidedHow === 'automatic'
    ? []
    : [`No trigger decided by itself; the decision came by ${decidedHow ?? 'nobody'}.`];
}

function complaintsOfRollback(facts: Facts): readonly string[] {
  const tookMs = facts.servingAt === null ? null : facts.servingAt - facts.brokeAt;
  return [
    ...(facts.outcome === 'rolled-back-verified'
      ? []
      : [`The run ended ${facts.outcome ?? 'not at all'}, not rolled back and verified.`]),
    ...(facts.weightLegacy === 100
      ? []
      : [`The router sends ${facts.weightLegacy} % to legacy, not all.`]),
    ...(tookMs !== null && tookMs <= facts.rtoMs
      ? []
      : [`The RTO of ${facts.rtoMs / 1000} s was not met.`]),
  ];
}

function complaintsOfBook({ book }: Facts): readonly string[] {
  return [
    ...(book.promised > 0 ? [] : ['The customers bought nothing, so nothing was proven.']),
    ...complaintOfOrders('was promised to a customer and is missing in legacy', book.missing),
    ...complaintOfOrders('stands in legacy otherwise than it was promised', book.wrong),
    ...complaintOfOrders(
      'is only in the new database',
      book.ledgerOnly.filter((id) => !book.missing.includes(id)),
    ),
  ];
}

/** So many orders are named; the count is always whole. */
const NAMED = 10;

function complaintOfOrders(what: string, ids: readonly string[]): readonly string[] {
  if (ids.length === 0) return [];
  const rest = ids.length > NAMED ? `, and ${ids.length - NAMED} more` : '';
  return [`${ids.length} order(s): each ${what}: ${ids.slice(0, NAMED).join(', ')}${rest}`];
}

function complaintsOfRecord({ chaos, journal }: Facts): readonly string[] {
  return [
    ...(journal.problems === 0 ? [] : [`The journal has ${journal.problems} problem(s).`]),
    ...(chaos === null ? [] : complaintsOfChaos(chaos)),
  ];
}

function complaintsOfChaos({ killed, lost, finishedBy }: Chaos): readonly string[] {
  if (killed === null)
    return ['No node was killed: the step that carries rows home had nothing to change.'];
  return [
    ...(lost > 0 ? [] : [`Node ${killed} was killed, and no attempt was found lost.`]),
    ...(finishedBy.some((node) => node !== killed) ? [] : ['No other node finished the run.']),
  ];
}

/** The summary, line by line. */
export function summaryOf(facts: Facts): readonly string[] {
  const since = (at: number | null): string =>
    at === null ? 'never' : seconds(at - facts.brokeAt);
  const { book, carried } = facts;
  const rolledBack = [
    row('detected', `${since(facts.noticedAt)} after the break`),
    row('decided', `${since(facts.decidedAt)} after the break   (${decidedBy(facts)})`),
    row('restored', `${since(facts.servingAt)} after the break   (RTO ${seconds(facts.rtoMs)})`),
    row('verified', `${since(facts.endedAt)} after the break, held without a gap`),
    row(
      'carried home',
      carried === null
        ? 'nothing was missing'
        : `${carried.missing} missing orders, ${carried.different} wrong totals`,
    ),
  ];
  const askedOnly = [
    row('went blind', `noticed ${since(facts.noticedAt)} after the source was gone`),
    row('runs begun', `${facts.runs}: blind is never green, and never by itself a rollback`),
  ];
  return [
    ...(facts.expected === 'asked-only' ? askedOnly : rolledBack),
    row('requests', `${facts.failed} of ${facts.requests} failed since the break`),
    row(
      'orders',
      `${book.found} of ${book.promised} in the customers' own book are in legacy's database   (RPO 0)`,
    ),
    ...(facts.chaos === null
      ? []
      : [
          row(
            'chaos',
            `${facts.chaos.killed ?? 'nobody'} killed, ${facts.chaos.lost} attempt(s) lost, finished by ${facts.chaos.finishedBy.join(', ')}`,
          ),
        ]),
    row(
      'journal',
      `${facts.journal.events} events, ${facts.journal.problems === 0 ? 'chain whole' : `${facts.journal.problems} problem(s)`}`,
    ),
    row('', `backout journal verify ${facts.journal.file}`),
  ];
}

function decidedBy({ decidedHow, held }: Facts): string {
  switch (decidedHow) {
    case 'automatic':
      return 'by the trigger itself';
    case 'silence':
      return 'nobody answered in time, and the plan says what that means';
    case 'person':
      return held ? 'a person held' : 'by a person';
    case null:
      return 'by nobody';
  }
}

function row(name: string, value: string): string {
  return `  ${name.padEnd(13)} ${value}`;
}

/** Seconds with one decimal, as people read them. */
export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
