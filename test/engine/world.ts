// A world for tests of the engine: a real store, a pretended system, nodes in this process and in others, and people.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { EventBody, JournalEvent } from '../../src/core/journal/event.ts';
import { fingerprint } from '../../src/core/plan/canonical.ts';
import { parsePlan } from '../../src/core/plan/parse.ts';
import { type Control, localControl } from '../../src/engine/control.ts';
import { Node } from '../../src/engine/node.ts';
import { openPgBoss } from '../../src/engine/pgboss.ts';
import type { Snapshot } from '../../src/engine/systems.ts';
import type { TemporaryServer } from '../store/temporary.ts';
import { type Ground, type GroundOptions, openGround, partsOf } from './node-parts.ts';
import { PretendedSystem } from './pretended-system.ts';

/** A node in a process of its own. */
export interface Child {
  readonly id: string;
  readonly process: ChildProcess;
  /** What it said so far: `ready a`, `lost a`, `drained a`. */
  readonly said: () => string;
  readonly ended: Promise<unknown>;
}

/** The world. */
export interface World {
  readonly system: PretendedSystem;
  readonly ground: Ground;
  readonly control: Control;
  /** What every node in this process logged. */
  readonly logged: string[];
  readonly startNode: (id: string) => Promise<Node>;
  readonly startChild: (id: string, drainMs?: number) => Promise<Child>;
  /** Arms a plan made of these parts; answers its name. */
  readonly arm: (parts: PlanParts, phase?: string | null) => Promise<string>;
  /** Orders a run of playbook `full`; answers its number. */
  readonly run: (plan: string) => Promise<number>;
  readonly bodies: (stream: string) => Promise<readonly Body[]>;
  /** Waits for an event of a stream. */
  readonly until: (stream: string, wanted: (body: Body) => boolean) => Promise<Body>;
  readonly outcome: (run: number) => Promise<string>;
  readonly close: () => Promise<void>;
}

/** An event's body, whatever its fields. */
export type Body = EventBody & { readonly [field: string]: unknown };

/** What a test says of its plan; the rest is the same for all. */
export interface PlanParts {
  readonly name: string;
  readonly stages?: readonly unknown[];
  readonly [part: string]: unknown;
}

/** The longest that any wait of a test may take. Milliseconds. */
const PATIENCE_MS = 60_000;

/** Makes it. `server` is shared by the worlds of one file. */
export async function makeWorld(
  server: TemporaryServer,
  options: GroundOptions = {},
): Promise<World> {
  const system = await PretendedSystem.start();
  const logged: string[] = [];
  const log: Ground['log'] = (_level, sentence) => void logged.push(sentence);
  const url =
    options.folder === undefined ? { url: options.url ?? (await server.emptyDatabase()) } : {};
  const ground = await openGround({ ...url, log, ...options });
  const control = localControl(ground.office, ground.store.journal);
  const nodes: Node[] = [];
  const children: Child[] = [];
  const bodies = async (stream: string): Promise<readonly Body[]> =>
    (await control.events(stream)).map(bodyOf);
  const until: World['until'] = async (stream, wanted) => {
    for await (const event of control.follow(stream, 1, AbortSignal.timeout(PATIENCE_MS))) {
      if (wanted(bodyOf(event))) return bodyOf(event);
    }
    const came = (await bodies(stream))
      .map((body) => JSON.stringify(body).slice(0, 200))
      .join('\n');
    throw new Error(
      `Waited in vain in ${stream}, where this came:\n${came}\nLog:\n${logged.join('\n')}`,
    );
  };
  return {
    system,
    ground,
    control,
    logged,
    startNode: async (id) => {
      const node = await Node.start(
        partsOf(ground, id, await openPgBoss(ground.store.url, ground.log)),
      );
      nodes.push(node);
      return node;
    },
    startChild: async (id, drainMs = 0) => {
      const child = await startChild(ground.store.url, id, drainMs);
      children.push(child);
      return child;
    },
    arm: async (parts, phase = null) => {
      const armed = await control.arm(snapshotOf(parts, system), phase, 'ada');
      assert.equal(armed.type, 'done', JSON.stringify(armed));
      return parts.name;
    },
    run: async (plan) => {
      const ordered = await control.order(
        plan,
        { playbook: 'full', because: 'a test wants it', kind: 'live' },
        'ada',
      );
      assert.equal(ordered.type, 'done', JSON.stringify(ordered));
      const made =
        ordered.type === 'done'
          ? ordered.events.find((event) => event.type === 'DecisionMade')
          : undefined;
      return Number((made as Body | undefined)?.['run']);
    },
    bodies,
    until,
    outcome: async (run) =>
      String((await until(`run-${run}`, (body) => body.type === 'RunEnded'))['outcome']),
    close: async () => {
      for (const { process: child } of children) if (child.exitCode === null) child.kill('SIGKILL');
      await Promise.all(children.map(({ ended }) => ended));
      await Promise.all(nodes.map((node) => node.drain(0)));
      await ground.dispatcher.stop(0);
      await ground.store.close();
      await system.stop();
    },
  };
}

function bodyOf(event: JournalEvent): Body {
  return event.body as Body;
}

/** A step that sets a value of the pretended system. */
export function step(
  name: string,
  more: { readonly [key: string]: unknown } = {},
): { readonly [key: string]: unknown } {
  return {
    step: name,
    owner: 'owner',
    timebox: '20s',
    uses: 'pretend/value',
    with: { system: 'it', name, to: 1 },
    ...more,
  };
}

/** Verification that holds as soon as it is looked at. */
const verified = { by: ['well'], hold: '1ms', within: '20s' };

/** The plan of these parts, parsed as a user's would be. */
export function snapshotOf(
  { name, stages, ...parts }: PlanParts,
  system: PretendedSystem,
): Snapshot {
  const text = JSON.stringify({
    backout: 1,
    name,
    people: { ada: { name: 'Ada' } },
    roles: { owner: 'ada', deputies: { technical: 'ada' } },
    systems: { it: { uses: 'pretend', url: system.url } },
    signals: { errors: { from: 'it', of: 'errors', every: '100ms' } },
    triggers: {
      errors: {
        class: 'availability',
        when: { signal: 'errors', above: 5, for: '0s' },
        mode: 'automatic',
        playbook: 'full',
      },
    },
    phases: [{ name: 'cutover', failure: ['errors'], rollback: 'full' }],
    playbooks: { full: { scope: 'full', stages: stages ?? [{ back: [step('route')] }], verified } },
    checks: { 'few-errors': { holds: { signal: 'errors', below: 1 } } },
    checkpoints: { well: { checks: ['few-errors'] } },
    ...parts,
  });
  const parsed = parsePlan({ file: `${name}.plan.yaml`, text });
  if (parsed.type !== 'plan') throw new Error(JSON.stringify(parsed, null, 1).slice(0, 3_000));
  return { plan: parsed.plan, fingerprint: fingerprint(parsed.plan), directory: '/' };
}

async function startChild(url: string, id: string, drainMs: number): Promise<Child> {
  const program = fileURLToPath(new URL('child-node.ts', import.meta.url));
  const child = spawn(process.execPath, [program, url, id, String(drainMs)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  const ended = once(child, 'exit');
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
    if (process.env['VERBOSE'] !== undefined) console.error(text.trim());
  });
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`Child ${id} did not start.`)), PATIENCE_MS);
    child.once('exit', () => reject(new Error(`Child ${id} ended before it was ready.`)));
    child.stdout.once('data', () => {
      clearTimeout(timer);
      resolve();
    });
  });
  return { id, process: child, said: () => said, ended };
}

export { temporaryServer, until as eventually } from '../store/temporary.ts';
