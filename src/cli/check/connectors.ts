// What the connectors of this Backout say of a plan: is each named one there, and is what it is asked in the form that it wants?
import { type AnyConnector, ConnectorError, type Schema } from '../../connector.ts';
import { connectorNames, loadConnector, resolveState } from '../../connectors/index.ts';
import type { Json } from '../../core/journal/event.ts';
import { didYouMean } from '../../core/plan/nearest.ts';
import { fillIn, sampleFills } from '../../core/plan/fills.ts';
import type { ConnectorState, ContactField, Loose, Plan } from '../../core/plan/plan.ts';
import type { Finding, SourceFile } from '../../core/plan/problem.ts';
import { fillSecrets, secretReferences } from '../../core/plan/secrets.ts';
import { type Path, Places } from './places.ts';

/** States that the language knows and that come with a later version of Backout. */
const later = ['data/reconciled'];

/** What stands for a secret that is not known here: it has the form that most fields want. */
const standIns = [
  'http://host',
  'postgres://user:word@host/base',
  'smtp://host',
  'a-secret-that-is-long-enough',
];

/** The findings, in the order of the plan. Asks no system anything; loads the connectors that the plan names from its folder. */
export async function connectorFindings(
  plan: Plan,
  sources: readonly SourceFile[],
  directory: string,
): Promise<readonly Finding[]> {
  const judge = new Judge(plan, new Places(sources), directory);
  await judge.systems();
  await judge.signals();
  await judge.states();
  await judge.notices();
  return judge.findings;
}

class Judge {
  readonly findings: Finding[] = [];
  readonly #plan: Plan;
  readonly #places: Places;
  readonly #directory: string;
  readonly #connectors = new Map<string, AnyConnector>();

  constructor(plan: Plan, places: Places, directory: string) {
    this.#plan = plan;
    this.#places = places;
    this.#directory = directory;
  }

  async systems(): Promise<void> {
    for (const [name, { uses, options }] of Object.entries(this.#plan.systems)) {
      const connector = await this.#load(name, uses);
      if (connector === undefined) continue;
      this.#connectors.set(name, connector);
      await this.#fits(
        ['systems', name],
        `System ${name}`,
        connector.options as Schema<unknown>,
        options,
      );
    }
  }

  async signals(): Promise<void> {
    for (const [name, { from, query, sides }] of Object.entries(this.#plan.signals)) {
      const connector = this.#connectors.get(from);
      // The query of a two-sided signal belongs to conditions that this version does not judge.
      if (connector === undefined || sides !== undefined) continue;
      if (connector.signal !== undefined) {
        await this.#fits(
          ['signals', name],
          `Signal ${name}`,
          connector.signal.query as Schema<unknown>,
          query,
        );
      } else if (connector.events === undefined) {
        this.#add(
          'system-has-signals',
          ['signals', name, 'from'],
          `Signal ${name} is read from ${from}, and the connector ${connector.name} has no signals.`,
          'Read it from another system.',
        );
      }
    }
  }

  async states(): Promise<void> {
    for (const { what, path, uses, wanted } of this.#statesOf())
      await this.#state(what, path, uses, wanted);
  }

  async notices(): Promise<void> {
    for (const [index, { channel, address = {} }] of (this.#plan.notices?.to ?? []).entries()) {
      const connector = this.#connectors.get(channel);
      if (connector === undefined) continue;
      const path = ['notices', 'to', index];
      if (connector.channel !== undefined)
        await this.#fits(
          [...path, 'address'],
          `The notice through ${channel}`,
          connector.channel.address as Schema<unknown>,
          address,
        );
      else
        this.#add(
          'channel-carries-notices',
          [...path, 'channel'],
          `Notices go through ${channel}, and the connector ${connector.name} carries none.`,
          'Name a system that uses smtp, webhook, slack, matrix or xmpp.',
        );
    }
    for (const [index, { channel, to }] of (this.#plan.notices?.calls ?? []).entries())
      await this.#call(['notices', 'calls', index, 'channel'], channel, to);
  }

  async #call(path: Path, channel: string, to: ContactField): Promise<void> {
    const connector = this.#connectors.get(channel);
    if (connector === undefined) return;
    const kind = connector.channel;
    if (kind?.person === undefined) {
      this.#add(
        'channel-reaches-people',
        path,
        `People are called through ${channel}, and the connector ${connector.name} reaches no single person.`,
        'Name a system that uses smtp.',
      );
      return;
    }
    for (const [name, person] of Object.entries(this.#plan.people)) {
      const contact = person[to];
      if (contact === undefined) continue;
      const what = `The ${to} of ${name}, who is called through ${channel},`;
      const issues = await issuesOf(kind.address as Schema<unknown>, kind.person(contact), '');
      for (const { message } of issues)
        this.#add(
          'connector-accepts',
          ['people', name, to],
          `${what} is not as its connector wants it: ${message}.`,
          undefined,
        );
    }
  }

  async #load(name: string, uses: string): Promise<AnyConnector | undefined> {
    const unusable = (message: string, mend?: string): undefined =>
      this.#add('connector-is-known', ['systems', name, 'uses'], message, mend);
    try {
      const connector = await loadConnector(uses, this.#directory);
      if (connector !== undefined) return connector;
      const known = `known here: ${connectorNames.join(', ')}; one of your own is named by its file (./connectors/${uses}.ts) or package (backout-connector-${uses})`;
      const mend = didYouMean(uses, connectorNames) ?? known;
      return unusable(`System ${name} uses "${uses}", and there is no such connector.`, mend);
    } catch (error) {
      if (!(error instanceof ConnectorError)) throw error;
      return unusable(`System ${name}: ${error.message.replace(/^\[plan\] /, '')}`);
    }
  }

  async #state(
    what: string,
    path: Path,
    { connector: family, state }: ConnectorState,
    wanted: Loose,
  ): Promise<void> {
    const uses = `${family}/${state}`;
    const { system, ...desired } = wanted;
    const connector = this.#connectors.get(typeof system === 'string' ? system : '');
    if (connector === undefined) return;
    if (later.includes(uses)) {
      this.#add(
        'state-is-known',
        [...path, 'uses'],
        `${what} uses ${uses}, which this version cannot bring about: it will be blocked, for people to do.`,
        'Agree who does it by hand.',
        'hold',
      );
      return;
    }
    const resolved = resolveState(uses, connector.name);
    const names = Object.keys(connector.states ?? {}).map((each) => `${connector.name}/${each}`);
    const kind =
      resolved.type === 'resolved' && Object.hasOwn(connector.states ?? {}, state)
        ? connector.states?.[state]
        : undefined;
    if (kind === undefined) {
      const mend =
        didYouMean(uses, names) ??
        (resolved.type === 'unresolved' ? resolved.mend : `${connector.name} has no states`);
      this.#add(
        'state-is-known',
        [...path, 'uses'],
        `${what} uses ${uses}, and system ${JSON.stringify(system)} (${connector.name}) has no such state.`,
        mend,
      );
      return;
    }
    await this.#fits([...path, 'with'], what, kind.desired as Schema<unknown>, desired);
  }

  #statesOf(): readonly {
    readonly what: string;
    readonly path: Path;
    readonly uses: ConnectorState;
    readonly wanted: Loose;
  }[] {
    const { playbooks, checks } = this.#plan;
    const steps = Object.entries(playbooks).flatMap(([playbook, { stages }]) =>
      stages.flatMap((stage, stageAt) =>
        stage.entries.flatMap((entry, entryAt) =>
          entry.type === 'step' && entry.act.type === 'state'
            ? [
                {
                  what: `Step ${entry.step}`,
                  path: ['playbooks', playbook, 'stages', stageAt, stage.name, entryAt],
                  uses: entry.act.uses,
                  wanted: fillIn(entry.act.with, sampleFills) as Loose,
                },
              ]
            : [],
        ),
      ),
    );
    const looks = Object.entries(checks).flatMap(([name, check]) =>
      check.type === 'state'
        ? [{ what: `Check ${name}`, path: ['checks', name], uses: check.uses, wanted: check.with }]
        : [],
    );
    return [...steps, ...looks];
  }

  /** With secrets in it, it fits when it would with some value in their place. */
  async #fits(path: Path, what: string, schema: Schema<unknown>, value: Json): Promise<void> {
    const tries = secretReferences(value).length === 0 ? [''] : standIns;
    const answers = await Promise.all(tries.map((secret) => issuesOf(schema, value, secret)));
    const issues = answers.some((answer) => answer.length === 0) ? [] : (answers[0] ?? []);
    for (const { inside, message } of issues) {
      const where = inside.length === 0 ? '' : ` at ${inside.join('.')}`;
      this.#add(
        'connector-accepts',
        [...path, ...inside],
        `${what} is not as its connector wants it${where}: ${message}.`,
        undefined,
      );
    }
  }

  #add(
    rule: string,
    path: Path,
    message: string,
    mend: string | undefined,
    severity: Finding['severity'] = 'block',
  ): undefined {
    const place = this.#places.of(path);
    // The lines of a system may hold a password that somebody wrote into the plan; they are named, not shown.
    const frame = path[0] === 'systems' && rule === 'connector-accepts' ? '' : place.frame;
    this.findings.push({
      rule,
      severity,
      message,
      ...(mend === undefined ? {} : { mend }),
      ...place,
      frame,
    });
  }
}

interface InsideIssue {
  readonly inside: readonly (string | number)[];
  readonly message: string;
}

async function issuesOf(
  schema: Schema<unknown>,
  value: Json,
  secret: string,
): Promise<readonly InsideIssue[]> {
  const filled = fillSecrets(value, () => secret);
  if (filled.type === 'missing') return [];
  const result = await schema['~standard'].validate(filled.value);
  return (result.issues ?? []).map(({ message, path = [] }) => ({
    message: message.replace(/\.$/, ''),
    inside: path
      .map((part) => (typeof part === 'object' ? part.key : part))
      .filter((key) => typeof key !== 'symbol'),
  }));
}
