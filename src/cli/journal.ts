// `backout journal`: the record in words or as JSON lines, and the proof that nobody changed it.
import { readFileSync, statSync } from 'node:fs';
import { verifyChain, type ChainVerdict } from '../core/journal/chain.ts';
import type { JournalEvent } from '../core/journal/event.ts';
import { didYouMean } from '../core/plan/nearest.ts';
import type { Control } from '../engine/control.ts';
import type { Cli } from './cli.ts';
import { connected } from './connection.ts';
import { CliError, exits, type Exit } from './exit.ts';
import type { Output } from './output.ts';
import type { Site } from './platform.ts';
import { markOf, paint } from './view/marks.ts';
import { sentenceOf } from './view/sentences.ts';
import { timeOf, whenOf } from './view/time.ts';

/** Options of `journal`. */
export interface JournalOptions {
  readonly follow?: boolean;
}

/** What the names of streams begin with. */
const prefixes = ['run-', 'migration-', 'notices-', 'evidence-', 'operators'] as const;

/** Prints the streams, or the events of one. */
export async function journal(
  cli: Cli,
  stream: string | undefined,
  options: JournalOptions,
): Promise<Exit> {
  return connected(cli, async ({ control }) => {
    if (stream === undefined) return listStreams(cli, control);
    const name = await knownStream(control, stream);
    return printEvents(cli, control, name, options.follow === true);
  });
}

/** Verifies the chains of a file of JSON lines, of one stream, or of all. */
export async function verifyJournal(cli: Cli, what: string | undefined): Promise<Exit> {
  if (what !== undefined && statSync(what, { throwIfNoEntry: false })?.isFile() === true) {
    const events = eventsIn(what);
    if (events.length === 0)
      throw new CliError(
        'BK-0103',
        `[journal] Cannot verify ${what}: it holds no event. An export is made by: backout journal <stream> --json > file`,
      );
    return verifyStreams(
      cli,
      Map.groupBy(events, (event) => event.stream),
    );
  }
  return connected(cli, async ({ control, site }) => {
    // Our own store verifies page by page and compares the heads, too.
    if (what === undefined && site !== null) return verifyStore(cli, site);
    const names =
      what === undefined
        ? (await allStreams(control)).map((each) => each.stream)
        : [await knownStream(control, what)];
    const streams = new Map<string, readonly JournalEvent[]>();
    for (const name of names) streams.set(name, await control.events(name));
    return verifyStreams(cli, streams);
  });
}

async function verifyStore({ out }: Cli, site: Site): Promise<Exit> {
  const { streams, events, problems } = await site.store.check();
  for (const { stream, seq, why } of problems) {
    out.line({ type: 'verified', stream, whole: false, seq, why });
    out.say(
      `${markOf('bad', out.look)} ${stream}: event ${seq} is the first that is not as it was written: ${why}.`,
    );
  }
  return conclude(out, streams, events, problems.length);
}

function verifyStreams({ out }: Cli, streams: ReadonlyMap<string, readonly JournalEvent[]>): Exit {
  let broken = 0;
  let count = 0;
  for (const [stream, events] of streams) {
    const verdict = verifyPart(events);
    count += events.length;
    out.line({
      type: 'verified',
      stream,
      events: events.length,
      ...(verdict.type === 'whole'
        ? { whole: true, head: events.at(-1)?.hash ?? null }
        : { whole: false, seq: verdict.seq, why: verdict.why }),
    });
    if (verdict.type === 'whole') {
      out.say(
        `${markOf('good', out.look)} ${stream}: ${events.length} events, head ${events.at(-1)?.hash.slice(0, 12) ?? 'none'}`,
      );
    } else {
      broken += 1;
      out.say(
        `${markOf('bad', out.look)} ${stream}: event ${verdict.seq} is the first that is not as it was written: ${verdict.why}.`,
      );
    }
  }
  return conclude(out, streams.size, count, broken);
}

function conclude(out: Output, streams: number, events: number, broken: number): Exit {
  out.say(
    broken === 0
      ? `${markOf('good', out.look)} Whole: ${streams} streams with ${events} events.`
      : `${broken} of ${streams} streams are broken. Keep a copy of the database as it is, and compare with a backup or an export.`,
  );
  out.result({ streams, events, broken });
  return broken === 0 ? exits.fine : exits.no;
}

/** An export may begin in the middle of a stream; its first event then is the link that the others hang on. */
function verifyPart(events: readonly JournalEvent[]): ChainVerdict {
  const [first, ...rest] = events;
  return first === undefined || first.seq === 1 ? verifyChain(events) : verifyChain(rest, first);
}

function eventsIn(file: string): readonly JournalEvent[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line, index) => (line.trim() === '' ? [] : eventOf(line, `${file}:${index + 1}`)));
}

function eventOf(line: string, place: string): readonly JournalEvent[] {
  try {
    const value = JSON.parse(line) as { readonly type?: unknown } & Partial<JournalEvent>;
    const { stream, seq, at, actor, body, hash, type } = value;
    if (type !== 'event' && type !== undefined) return [];
    if (
      typeof stream === 'string' &&
      typeof seq === 'number' &&
      typeof at === 'number' &&
      typeof hash === 'string' &&
      actor !== undefined &&
      body !== undefined
    ) {
      return [{ stream, seq, at, actor, body, hash }];
    }
  } catch {
    // Said below: the line is no event, whatever it is.
  }
  throw new CliError(
    'BK-0103',
    `[journal] ${place} is no event of a journal. An export is made by: backout journal <stream> --json > file`,
  );
}

async function listStreams({ out }: Cli, control: Control): Promise<Exit> {
  const streams = (await allStreams(control)).toSorted((a, b) => b.at - a.at);
  for (const { stream, seq, at, summary } of streams) {
    out.line({ type: 'stream', stream, seq, at, summary });
    out.say(`${stream.padEnd(36)} ${String(seq).padStart(6)} events   ${whenOf(at)}`);
  }
  if (streams.length === 0) out.say('The journal is empty.');
  out.result({ streams: streams.length });
  if (streams[0] !== undefined) out.next(`backout journal ${streams[0].stream}`);
  return exits.fine;
}

async function allStreams(control: Control): Promise<Awaited<ReturnType<Control['streams']>>> {
  return (await Promise.all(prefixes.map((prefix) => control.streams(prefix)))).flat();
}

async function printEvents(
  cli: Cli,
  control: Control,
  stream: string,
  follow: boolean,
): Promise<Exit> {
  const { out, interrupt } = cli;
  const print = (event: JournalEvent): void => {
    out.line({ type: 'event', ...event });
    const { mark, text } = sentenceOf(event);
    out.say(
      `${paint('dim', String(event.seq).padStart(4), out.look)} ${timeOf(event.at)} ${markOf(mark, out.look)} ${text}`,
    );
  };
  if (!follow) {
    const events = await control.events(stream);
    const [first] = events;
    if (first !== undefined) out.say(paint('bold', `${stream} from ${whenOf(first.at)}`, out.look));
    events.forEach(print);
    out.result({ stream, events: events.length });
    return exits.fine;
  }
  interrupt.listen();
  for await (const event of control.follow(stream, 1, interrupt.signal)) {
    print(event);
    if (out.unread) break;
  }
  return exits.interrupted;
}

/** `run-7`, `7`, or a plan's name for its migration. */
async function knownStream(control: Control, said: string): Promise<string> {
  const names = (await allStreams(control)).map((each) => each.stream);
  const found = [said, `run-${said}`, `migration-${said}`].find((name) => names.includes(name));
  if (found !== undefined) return found;
  const near = didYouMean(said, names) ?? 'list them with: backout journal';
  throw new CliError('BK-0105', `[journal] There is no stream ${said}; ${near}`);
}
