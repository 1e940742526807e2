// A node as a process of its own, so that it can be killed, frozen and drained: `child-node.ts <url> <id> <drain ms>`.
import { once } from 'node:events';
import { pause } from '../../src/engine/calls.ts';
import { Node } from '../../src/engine/node.ts';
import { openPgBoss } from '../../src/engine/pgboss.ts';
import { openGround, partsOf } from './node-parts.ts';

const [url = '', id = '', drainMs = '0'] = process.argv.slice(2);
const ground = await openGround({ url });
const stop = new AbortController();
process.once('SIGTERM', () => stop.abort());

for (let life = 1; !stop.signal.aborted; life += 1) {
  const name = life === 1 ? id : `${id}-again-${life}`;
  const node = await join(name);
  if (node === null) continue;
  process.stdout.write(`ready ${name}\n`);
  const either = AbortSignal.any([stop.signal, node.lost]);
  if (!either.aborted) await once(either, 'abort');
  if (node.lost.aborted) process.stdout.write(`lost ${name}\n`);
  if (stop.signal.aborted) process.stdout.write(`drains ${name}\n`);
  await node.drain(stop.signal.aborted ? Number(drainMs) : 0);
}
/** Null while the store is away: the next life tries again, as `backout serve` does. */
async function join(name: string): Promise<Node | null> {
  try {
    return await Node.start(partsOf(ground, name, await openPgBoss(ground.store.url, ground.log)));
  } catch (error) {
    process.stdout.write(`not yet: ${String(error)}\n`);
    await pause(200, stop.signal);
    return null;
  }
}

process.stdout.write(`drained ${id}\n`);
await ground.dispatcher.stop(0);
await ground.store.close();
process.exit(0);
