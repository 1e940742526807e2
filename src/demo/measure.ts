// Measures how the story went: in the journal, in both databases and in the customers' own book.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Chaos, Facts } from './facts.ts';
import { keepJournal } from './record.ts';
import { expectations } from './scenario.ts';
import type { CustomerStats } from './shop/customer-stats.ts';
import type { Story } from './story.ts';
import type { DemoOptions } from './viewer.ts';
import type { World } from './world.ts';

/** So long may the feed take to bring home what the new service wrote, where nothing was rolled back. Milliseconds. */
const FEED_MS = 15_000;

/** Stops the customers and counts. `before` is what they had done before the break. */
export async function measure(
  world: World,
  options: DemoOptions,
  story: Story,
  before: Pick<CustomerStats, 'requests' | 'failed'>,
): Promise<Facts> {
  const { shop, store, plan } = world;
  const { heard } = story;
  const stats = await shop.pause();
  const expected = expectedOf(options, story);
  if (expected === 'asked-only') await fedHome(world);
  const book = await shop.audit();
  const { events, problems } = await store.check();
  const ended = heard.last('RunEnded');
  const [decided] = heard.all('DecisionMade');
  return {
    scenario: options.scenario,
    expected,
    brokeAt: story.brokeAt,
    noticedAt: (heard.all('TriggerBreached')[0] ?? heard.all('TriggerBlinded')[0])?.at ?? null,
    decidedAt: decided?.at ?? null,
    decidedHow: decided?.body.how ?? null,
    held: story.held,
    servingAt: heard.last('VerificationHeld')?.at ?? null,
    endedAt: ended?.at ?? null,
    outcome: ended?.body.outcome ?? null,
    runs: heard.all('RunStarted').length,
    asked: heard.all('DecisionWanted').length > 0,
    requests: stats.requests - before.requests,
    failed: stats.failed - before.failed,
    carried: carriedOf(
      heard.last('StepObserved', ({ step }) => step === 'carry-home')?.body.evidence,
    ),
    book,
    weightLegacy: (await shop.weights()).legacy,
    rtoMs: plan.plan.objectives?.rto ?? 0,
    chaos: options.chaos ? chaosOf(story) : null,
    journal: {
      events,
      problems: problems.length,
      file: await keepJournal(store.control, world.journalFile),
    },
  };
}

/** A viewer who decides is asked everywhere; and who approves where nothing is wrong but the metrics wants a rollback. */
function expectedOf({ scenario, manual }: DemoOptions, { heard }: Story): Facts['expected'] {
  const expectation = expectations[scenario];
  if (expectation.type === 'rolled-back') return manual ? 'review' : expectation.how;
  const approved = heard
    .all('DecisionMade')
    .some(({ body }) => body.how === 'person' && body.answer === 'roll-back');
  return approved ? 'review' : 'asked-only';
}

function chaosOf(story: Story): Chaos {
  const { heard, killed } = story;
  const workers = heard.all('StepAttemptBegan').map(({ body }) => story.nameOf(body.node));
  return {
    killed,
    lost: heard.all('StepAttemptLost').length,
    finishedBy: [...new Set(workers)].filter((node) => node !== killed),
  };
}

/** What the step saw before it applied anything: the command's own JSON, somewhere in its evidence. */
function carriedOf(evidence: unknown): Facts['carried'] {
  const text = JSON.stringify(evidence ?? null).replaceAll('\\"', '"');
  const found = /"count":(\d+).*?"different":(\d+)/.exec(text);
  return found === null ? null : { missing: Number(found[1]), different: Number(found[2]) };
}

/** Without a rollback, legacy is right when the feed has brought it everything that the new service wrote. */
async function fedHome({ shop }: World): Promise<void> {
  const until = Date.now() + FEED_MS;
  while (Date.now() < until) {
    const { missing, wrong } = await shop.audit();
    if (missing.length + wrong.length === 0) return;
    await sleep(250);
  }
}
