// Simulates world after world until a promise is broken, and says which: `seek.ts <seeds>`.
import { simulate } from '../../src/testing/simulator.ts';

Error.stackTraceLimit = 0;
const seeds = Number(process.argv[2]);
for (let seed = 1; seed <= seeds; seed += 1) {
  const { violation } = await simulate(seed);
  if (violation === null) continue;
  console.log(JSON.stringify({ seed, ...violation }));
  break;
}
