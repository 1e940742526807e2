// One command on another host by the ssh program of this machine, and what became of it: told apart from what became of the way there.
import { randomUUID } from 'node:crypto';
import type { Call, ErrorClass } from '../../connector.ts';
import type { Asked, Lost } from '../command/client.ts';
import { runCommand, type Ran } from '../command/run.ts';
import { timeLeftMs } from '../ending.ts';
import { launcher, marksOf, remoteScript, type Marks } from './remote.ts';

/** How much later than we the host ends a command by itself, should the connection be lost unseen. */
const marginSeconds = 2;

/** Runs it; `program` is ssh with all its options and the host. */
export async function runOnHost(
  program: readonly string[],
  asked: Asked,
  call: Call,
): Promise<Ran | Lost> {
  const nonce = randomUUID();
  const marks = marksOf(nonce);
  const secondsMax = Math.ceil(timeLeftMs(call) / 1000) + marginSeconds;
  const ran = await runCommand(
    {
      argv: [...program, launcher(nonce)],
      directory: '/',
      environment: ownEnvironment(),
      input: remoteScript(asked, nonce, secondsMax),
      lifeline: marks.begun,
    },
    call,
  );
  return heard(ran, marks);
}

/** What ssh may know of us: where it finds programs, keys and the agent. */
function ownEnvironment(): { readonly [name: string]: string } {
  const names = ['PATH', 'HOME', 'SSH_AUTH_SOCK'];
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value] as const];
    }),
  );
}

/** Reads the marks in what was said. ssh itself exits with 255, and so may a command: only the marks tell. */
function heard(ran: Ran, marks: Marks): Ran | Lost {
  if (ran.type === 'not-started') {
    const because = `the program ssh could not be started (${ran.code}). Install the OpenSSH client.`;
    return { type: 'lost', class: 'refused', because };
  }
  const { errors } = ran;
  const ended = errors.lastIndexOf(marks.ended);
  const isBegun = errors.includes(marks.begun);
  const said = withoutMarks(errors, marks);
  if (ran.type === 'stopped') return { ...ran, errors: said };
  if (ended !== -1) {
    const code = Number.parseInt(errors.slice(ended + marks.ended.length), 10);
    return { type: 'exited', code, out: ran.out, errors: said, ms: ran.ms };
  }
  if (isBegun) {
    const because = `the connection was lost while the command ran. It may have happened or not; what still ran is ended there as soon as the host notices.`;
    return { type: 'lost', class: 'timed-out', because };
  }
  if (errors.includes(marks.noSetsid)) {
    const because = `the host has no setsid, without which a command could outlive its time. Install util-linux there.`;
    return { type: 'lost', class: 'refused', because };
  }
  return { type: 'lost', ...explainWay(said) };
}

function withoutMarks(errors: string, marks: Marks): string {
  const lines = errors.split('\n').filter((line) => !isMark(line, marks));
  return lines.join('\n').trim();
}

function isMark(line: string, { begun, ended }: Marks): boolean {
  return line === begun || line.startsWith(ended);
}

const ways: readonly (readonly [RegExp, ErrorClass, string])[] = [
  [
    /host key verification failed|identification has changed|no .* host key is known/i,
    'target-mismatch',
    'its host key is not the one in known-hosts. Compare it with what the host itself shows; do not let it in unseen',
  ],
  [
    /permission denied|too many authentication failures|load key|unprotected private key/i,
    'not-allowed',
    'it does not let the user in. Check user, key and its authorized_keys',
  ],
  [/could not resolve/i, 'cannot-reach', 'its name is not found'],
  [/connection refused/i, 'cannot-reach', 'nobody listens there'],
  [
    /no matching|unable to negotiate|bad configuration|unsupported option/i,
    'refused',
    'we and it have no way of speaking in common',
  ],
  [
    /connection|timed? ?out|banner|no route|unreachable|kex_exchange|broken pipe/i,
    'cannot-reach',
    'the way there is broken',
  ],
];

const saidMaxLength = 300;

/** From the words of the ssh program; when it has none, the host ran something else than we asked for. */
function explainWay(errors: string): { readonly class: ErrorClass; readonly because: string } {
  const said = errors.trim().split('\n').at(-1)?.trim().slice(-saidMaxLength) ?? '';
  const [, errorClass, means] = ways.find(([words]) => words.test(errors)) ?? [];
  if (errorClass !== undefined && means !== undefined)
    return { class: errorClass, because: `${means} (${said}).` };
  const because = `the host did not run what it was asked to (${said === '' ? 'it said nothing' : said}). Is there a forced command or a restricted shell?`;
  return { class: 'refused', because };
}
