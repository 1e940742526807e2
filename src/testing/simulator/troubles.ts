// Accidents of a simulated world: what goes wrong, when, and how it is over again.
import type { Host } from './host.ts';
import type { Peer } from './machine.ts';
import type { World } from './world.ts';

/** Accidents happen in so many first milliseconds; afterwards the world is kind. */
const TROUBLE_MS = 16_000;

/** Plans the accidents of a world. Answers when the last of them is over. */
export function planTroubles(world: World): number {
  const { chance, time } = world;
  const count = chance.pick([0, 0, 1, 1, 2, 3, 5, 8]);
  if (count === 0) return 0;
  world.wires.lossy = chance.happens(0.7);
  world.system.moody = chance.happens(0.7);
  const last = chance.pick([800, 2_000, 5_000, TROUBLE_MS]);
  for (let each = 0; each < count; each += 1)
    time.after(chance.between(0, last), () => chance.pick(accidents)(world));
  return last;
}

/** Nothing more goes wrong, and everything works: whoever is dead is replaced. */
export function calmDown(world: World): void {
  world.trace?.(world.time.now, 'world', 'From here on nothing goes wrong any more.');
  world.wires.lossy = false;
  world.system.moody = false;
  world.system.environment = 'production';
  world.system.broken = false;
  world.diskMs = 0;
  while (alive(world).length < 2) world.join();
}

type Accident = (world: World) => void;

const accidents: readonly Accident[] = [
  kill,
  kill,
  freeze,
  freeze,
  (world) => cut(world, 'store'),
  (world) => cut(world, 'systems'),
  storeDown,
  slowDisk,
  storeClock,
  nodeClock,
  otherTarget,
  suspendAll,
  breakSystem,
  (world) => world.jobs.double(),
  drain,
];

function alive(world: World): readonly Host[] {
  return world.hosts.filter(({ machine }) => machine.state !== 'dead');
}

function tell(world: World, what: string): void {
  world.trace?.(world.time.now, 'world', what);
}

function some(world: World): Host | undefined {
  const hosts = alive(world);
  return hosts.length === 0 ? undefined : world.chance.pick(hosts);
}

function kill(world: World): void {
  const host = some(world);
  if (host === undefined) return;
  const { machine } = host;
  tell(world, `${machine.name} is killed.`);
  // The store hears of it at once when a process died, and not at all when its wire is cut.
  if (machine.reaches('store')) world.register.hangUp(machine, world.chance.between(0, 300));
  machine.kill();
  world.undoAfter(world.chance.between(0, 3_000), () => world.join());
}

function freeze(world: World): void {
  const host = some(world);
  if (host === undefined) return;
  // Many times as long as it takes to be given up, and a little less and a little more.
  const ms = world.chance.pick([300, 2_000, 6_500, 7_500, 8_200, 9_500, 14_000]);
  tell(world, `${host.machine.name} is frozen for ${ms} ms.`);
  host.machine.freeze();
  world.undoAfter(ms, () => {
    tell(world, `${host.machine.name} is thawed.`);
    host.machine.thaw();
  });
}

/** As when the machine below all machines stands still. */
function suspendAll(world: World): void {
  const ms = world.chance.pick([3_000, 9_000, 14_000]);
  tell(world, `Every node is frozen for ${ms} ms.`);
  const frozen = alive(world).map(({ machine }) => machine);
  for (const machine of frozen) machine.freeze();
  world.undoAfter(ms, () => {
    for (const machine of frozen) machine.thaw();
  });
}

function cut(world: World, peer: Peer): void {
  const host = some(world);
  if (host === undefined) return;
  const { machine } = host;
  const ms = world.chance.pick([200, 1_500, 4_500, 6_000, 9_000, 13_000]);
  tell(world, `${machine.name} cannot reach the ${peer} for ${ms} ms.`);
  machine.cutOff(peer);
  world.undoAfter(ms, () => machine.heal(peer));
}

function storeDown(world: World): void {
  const ms = world.chance.pick([100, 700, 2_500, 6_000]);
  tell(world, `The store is down for ${ms} ms.`);
  world.wires.down.add('store');
  world.register.hangUpAll();
  world.undoAfter(ms, () => world.wires.down.delete('store'));
}

function slowDisk(world: World): void {
  world.diskMs = world.chance.pick([50, 400, 3_000]);
  tell(world, `Every append takes ${world.diskMs} ms.`);
  world.undoAfter(world.chance.between(500, 5_000), () => (world.diskMs = 0));
}

function storeClock(world: World): void {
  const ms = world.chance.pick([-20_000, -3_000, -200, 200, 3_000, 6_500, 20_000]);
  tell(world, `The store's clock jumps by ${ms} ms.`);
  world.storeAhead += ms;
}

function nodeClock(world: World): void {
  const host = some(world);
  if (host === undefined) return;
  const ms = world.chance.pick([-3_600_000, -1_000, 1_000, 3_600_000]);
  tell(world, `The clock of ${host.machine.name} jumps by ${ms} ms.`);
  host.machine.ahead += ms;
}

function otherTarget(world: World): void {
  tell(world, 'Behind the address of the system is the staging environment.');
  world.system.environment = 'staging';
  world.undoAfter(
    world.chance.between(500, 4_000),
    () => (world.system.environment = 'production'),
  );
}

function breakSystem(world: World): void {
  tell(world, 'What the plan watches is broken.');
  world.system.broken = true;
  world.undoAfter(world.chance.between(200, 4_000), () => (world.system.broken = false));
}

function drain(world: World): void {
  const host = some(world);
  if (host === undefined || host.node === null || host.machine.state !== 'up') return;
  tell(world, `${host.machine.name} drains.`);
  void host.drain(world.chance.pick([0, 1_000, 10_000]));
  world.join();
}
