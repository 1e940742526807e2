// The simulator: rollbacks by the real core and engine in worlds of virtual time, where everything goes wrong by seeded chance.
export { invariants } from './simulator/invariants.ts';
export { type Simulated, simulate } from './simulator/simulate.ts';
