// The state haproxy/drain: servers take no new sessions, and no more than so many of the old ones are left.
import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import {
  defineState,
  type ApplyCall,
  type Json,
  type Observation,
  type Receipt,
} from '../../connector.ts';
import { duration } from '../duration.ts';
import { timeLeftMs } from '../ending.ts';
import type { HaproxyClient } from './client.ts';
import { converse, converseToChange, failure, type Talk } from './conversation.ts';
import { keepState, notKept } from './keep.ts';
import { beforeOf, objectIn, proxyName } from './names.ts';
import { evidenceOf, pick, readServers, type Admin, type Server } from './servers.ts';

const desired = z.strictObject({
  backend: proxyName,
  servers: z.array(proxyName).min(1).max(100),
  to: z.enum(['drain', 'maint']).default('drain').meta({
    description:
      'drain: sticky sessions may still come; maint: nobody does, and health is not checked',
  }),
  'sessions-at-most': z.int().min(0).default(0).meta({
    description: 'How many sessions of each server may be left',
  }),
  'shut-after': duration.optional().meta({
    description:
      'Cut off the sessions that are left after this long. Default: wait until the timebox ends',
  }),
});

type Desired = z.output<typeof desired>;

/** Drains servers and waits for their sessions. */
export const drain = defineState({
  summary: 'Servers get no new traffic, and their sessions have ended',
  desired,
  observe: async (client: HaproxyClient, wanted: Desired, call): Promise<Observation> => {
    const what = `observe ${client.system}`;
    return converse(client, call, what, async (talk) => {
      const servers = await readNamed(talk, wanted, what);
      const open = servers.filter((server) => !isOut(server, wanted));
      const busy = servers.filter(({ sessions }) => sessions > wanted['sessions-at-most']);
      const meant = servers.map(({ name, admin }) => ({
        name,
        admin: admin === 'maint' ? admin : wanted.to,
      }));
      const lost = await notKept(client, wanted.backend, meant, what);
      const evidence: Json = {
        process: talk.info.pid,
        servers: Object.fromEntries(servers.map((server) => [server.name, evidenceOf(server)])),
      };
      const touched = new Set([...open, ...busy].map(({ name }) => name).concat(lost));
      if (touched.size === 0) return { type: 'holds', evidence };
      const words = [
        ...open.map(({ name, admin }) => `${name} ${admin} -> ${wanted.to}`),
        ...busy.map(({ name, sessions }) => `${name} has ${sessions} sessions`),
        ...(lost.length > 0 ? [`a reload would not bring back ${lost.join(', ')}`] : []),
      ];
      const change = `${wanted.backend}: ${words.join(', ')}`;
      return { type: 'differs', evidence, change, touches: touched.size };
    });
  },
  apply: async (client, wanted, call): Promise<Receipt> => {
    const what = `drain ${client.system}`;
    const before = await converseToChange(client, call, what, async (talk) => {
      const servers = await readNamed(talk, wanted, what);
      for (const server of servers) {
        if (!isOut(server, wanted))
          await talk.order(`set server ${wanted.backend}/${server.name} state ${wanted.to}`);
      }
      await keepState(client, talk, what);
      return Object.fromEntries(servers.map((server) => [server.name, evidenceOf(server)]));
    });
    const cut = await untilQuiet(client, wanted, call, what);
    return { before: { servers: before }, cut };
  },
  undo: async (client, wanted, kept, call): Promise<Receipt> => {
    const what = `undo the drain on ${client.system}`;
    const before = beforeOf(kept);
    if (before === undefined) return { already: true };
    return converseToChange(client, call, what, async (talk) => {
      const states = objectIn(before['servers']);
      const servers = await readNamed(talk, wanted, what);
      const targets = servers.map((server) => ({ server, admin: adminIn(states[server.name]) }));
      const unseen = targets.find(({ admin }) => admin === undefined);
      if (unseen !== undefined) {
        const why = `nobody saw ${unseen.server.name} before. Set it ready by hand.`;
        throw failure('refused', what, why);
      }
      for (const { server, admin } of targets) {
        if (admin === undefined || server.admin === admin) continue;
        await talk.order(`set server ${wanted.backend}/${server.name} state ${admin}`);
      }
      await keepState(client, talk, what);
      return { process: talk.info.pid };
    });
  },
});

/** How often sessions are counted. */
const pollMs = 250;
/** Kept of the deadline, to say that it is over. */
const reserveMs = 300;

/** Waits until the sessions have ended, and cuts off what is left when the plan says so. Gives how many it cut off. */
async function untilQuiet(
  client: HaproxyClient,
  wanted: Desired,
  call: ApplyCall,
  what: string,
): Promise<number> {
  const startedAt = performance.now();
  let cut = 0;
  for (;;) {
    const busy = await converse(client, call, what, async (talk) => {
      const servers = await readNamed(talk, wanted, what);
      const left = servers.filter(({ sessions }) => sessions > wanted['sessions-at-most']);
      const late = performance.now() - startedAt >= (wanted['shut-after'] ?? Infinity);
      if (!late || left.length === 0) return left;
      for (const { name, sessions } of left) {
        await talk.order(`shutdown sessions server ${wanted.backend}/${name}`);
        cut += sessions;
      }
      return left;
    });
    if (busy.length === 0) return cut;
    if (timeLeftMs(call) < pollMs + reserveMs) {
      const shown = busy.map(({ name, sessions }) => `${name} has ${sessions}`).join(', ');
      const mend = 'Wait longer, or write shut-after to cut them off.';
      throw failure('timed-out', what, `sessions are left: ${shown}. ${mend}`);
    }
    // Aborted: the next conversation says so.
    await wait(pollMs, undefined, { signal: call.signal }).catch(() => undefined);
  }
}

/** A server in maintenance gets even less than one that drains. */
function isOut({ admin }: Server, { to }: Desired): boolean {
  return admin === to || admin === 'maint';
}

async function readNamed(talk: Talk, wanted: Desired, what: string): Promise<readonly Server[]> {
  return pick(await readServers(talk, wanted.backend, what), wanted.servers, wanted.backend, what);
}

function adminIn(value: Json | undefined): Admin | undefined {
  const { admin } = objectIn(value);
  return admin === 'ready' || admin === 'drain' || admin === 'maint' ? admin : undefined;
}
