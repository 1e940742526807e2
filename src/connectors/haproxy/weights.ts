// The state haproxy/weights: which share of a backend's traffic each server gets, set and read back on the running process.
import { z } from 'zod';
import { defineState, type Json, type Observation, type Receipt } from '../../connector.ts';
import type { HaproxyClient } from './client.ts';
import { converse, converseToChange, failure, type Talk } from './conversation.ts';
import { keepState, notKept } from './keep.ts';
import { beforeOf, objectIn, proxyName } from './names.ts';
import { evidenceOf, isUp, pick, readServers, type Admin, type Server } from './servers.ts';

const weightMax = 256;

const desired = z.strictObject({
  backend: proxyName,
  weights: z
    .record(proxyName, z.int().min(0).max(weightMax))
    .refine((weights) => Object.keys(weights).length > 0, 'names no server')
    .meta({
      description: 'The weight of each server, 0 to 256; servers not named stay as they are',
    }),
  ready: z.boolean().default(false).meta({
    description: 'Also take servers that get weight out of drain and maintenance',
  }),
  'even-when-down': z.boolean().default(false).meta({
    description: 'Also give traffic to servers whose health checks all say that they are down',
  }),
});

type Desired = z.output<typeof desired>;

/** Sets weights and reads them back. */
export const weights = defineState({
  summary: 'The servers of a backend have these weights, and those with weight are in service',
  desired,
  observe: async (client: HaproxyClient, wanted: Desired, call): Promise<Observation> => {
    const what = `observe ${client.system}`;
    return converse(client, call, what, async (talk) => {
      const servers = await readNamed(talk, wanted, what);
      const changes = changesOf(servers, wanted);
      const lost = await notKept(client, wanted.backend, wantedServers(wanted), what);
      const evidence: Json = {
        process: talk.info.pid,
        node: talk.info.node,
        servers: Object.fromEntries(servers.map((server) => [server.name, evidenceOf(server)])),
        ...(client.stateFile === undefined ? {} : { notKept: lost }),
      };
      if (changes.length === 0 && lost.length === 0) return { type: 'holds', evidence };
      const words = changes.map(({ words: each }) => each);
      if (lost.length > 0) words.push(`a reload would not bring back ${lost.join(', ')}`);
      const touches = new Set([...changes.map(({ name }) => name), ...lost]).size;
      return {
        type: 'differs',
        evidence,
        change: `${wanted.backend}: ${words.join(', ')}`,
        touches,
      };
    });
  },
  apply: async (client, wanted, call): Promise<Receipt> => {
    const what = `set weights on ${client.system}`;
    return converseToChange(client, call, what, async (talk) => {
      const all = await readServers(talk, wanted.backend, what);
      const servers = pick(all, Object.keys(wanted.weights), wanted.backend, what);
      guard(all, servers, wanted, what);
      const before = Object.fromEntries(servers.map((each) => [each.name, evidenceOf(each)]));
      const targets = servers.map((server) => ({
        server,
        weight: wanted.weights[server.name] ?? server.weight,
        admin:
          wanted.ready && (wanted.weights[server.name] ?? 0) > 0
            ? ('ready' as const)
            : server.admin,
      }));
      await bring(client, talk, wanted.backend, targets, what);
      return { process: talk.info.pid, before: { servers: before } };
    });
  },
  undo: async (client, wanted, kept, call): Promise<Receipt> => {
    const what = `undo weights on ${client.system}`;
    const before = objectIn(beforeOf(kept)?.['servers']);
    if (beforeOf(kept) === undefined) return { already: true };
    return converseToChange(client, call, what, async (talk) => {
      const servers = await readNamed(talk, wanted, what);
      const targets = servers.map((server) => {
        const { weight, admin } = objectIn(before[server.name]);
        if (typeof weight === 'number' && isAdmin(admin)) return { server, weight, admin };
        const why = `nobody saw the weight of ${server.name} before. Set it by hand.`;
        throw failure('refused', what, why);
      });
      await bring(client, talk, wanted.backend, targets, what);
      return { process: talk.info.pid };
    });
  },
});

interface Target {
  readonly server: Server;
  readonly weight: number;
  readonly admin: Admin;
}

/** Gives before it takes, so that at no moment nobody serves. */
async function bring(
  client: HaproxyClient,
  talk: Talk,
  backend: string,
  targets: readonly Target[],
  what: string,
): Promise<void> {
  const gain = ({ server, weight, admin }: Target): number =>
    (admin === 'ready' ? weight : 0) - (server.admin === 'ready' ? server.weight : 0);
  for (const { server, weight, admin } of targets.toSorted((a, b) => gain(b) - gain(a))) {
    const name = `${backend}/${server.name}`;
    // The weight first: a server that comes back with an old one would get traffic that is not meant for it.
    if (server.weight !== weight) await talk.order(`set weight ${name} ${weight}`);
    if (server.admin !== admin) await talk.order(`set server ${name} state ${admin}`);
  }
  const now = await readServers(talk, backend, what);
  const wrong = targets.filter(({ server: { name }, weight, admin }) => {
    const is = now.get(name);
    return is?.weight !== weight || is.admin !== admin;
  });
  if (wrong.length > 0) {
    const shown = wrong.map(({ server: { name } }) => `${name} ${now.get(name)?.weight ?? 'gone'}`);
    const why = `read back, the servers differ from what was set: ${shown.join(', ')}.`;
    throw failure('verification-failed', what, why);
  }
  await keepState(client, talk, what);
}

/** What must not be done by a step that nobody looks at. */
function guard(
  all: ReadonlyMap<string, Server>,
  servers: readonly Server[],
  wanted: Desired,
  what: string,
): void {
  const given = servers.filter(({ name }) => (wanted.weights[name] ?? 0) > 0);
  const out = given.filter(({ admin, bound }) => admin !== 'ready' && (bound || !wanted.ready));
  if (out.length > 0) {
    const shown = out.map(({ name, admin, status }) => `${name} (${status || admin})`).join(', ');
    const mend = out.some(({ bound }) => bound)
      ? 'What it tracks or resolves to must come back first.'
      : 'Set it ready by hand, or write ready: true.';
    throw failure('refused', what, `out of service by an administrator: ${shown}. ${mend}`);
  }
  if (given.length === 0 || wanted['even-when-down']) return;
  const serving = [...all.values()].filter((server) => {
    const weight = wanted.weights[server.name] ?? server.weight;
    return weight > 0 && isUp(servers.includes(server) && wanted.ready ? readied(server) : server);
  });
  if (serving.length > 0) return;
  const shown = given.map(({ name, status }) => `${name} (${status})`).join(', ');
  const why = `no server that would get traffic is up: ${shown}. Bring one up, or write even-when-down: true.`;
  throw failure('cannot-reach', what, why);
}

/** In maintenance nobody checks its health, so it is taken to be up when it comes back. */
function readied(server: Server): Server {
  return server.admin === 'ready' ? server : { ...server, admin: 'ready', status: 'UP' };
}

interface Change {
  readonly name: string;
  readonly words: string;
}

function changesOf(servers: readonly Server[], wanted: Desired): readonly Change[] {
  return servers.flatMap(({ name, weight, admin }) => {
    const want = wanted.weights[name] ?? weight;
    const out = want > 0 && admin !== 'ready';
    if (weight === want && !out) return [];
    const words = [
      ...(weight === want ? [] : [`${name} ${weight} -> ${want}`]),
      ...(out ? [`${name} ${admin} -> ${wanted.ready ? 'ready' : 'ready by hand'}`] : []),
    ];
    return [{ name, words: words.join(', ') }];
  });
}

async function readNamed(talk: Talk, wanted: Desired, what: string): Promise<readonly Server[]> {
  const servers = await readServers(talk, wanted.backend, what);
  return pick(servers, Object.keys(wanted.weights), wanted.backend, what);
}

function wantedServers({ weights: given }: Desired) {
  return Object.entries(given).map(([name, weight]) => ({
    name,
    weight,
    ...(weight > 0 ? { admin: 'ready' as const } : {}),
  }));
}

function isAdmin(value: Json | undefined): value is Admin {
  return value === 'ready' || value === 'drain' || value === 'maint';
}
