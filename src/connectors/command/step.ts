// One command of a plan: run with its environment, and its failures told by class.
import { ConnectorError, type ApplyCall, type Call, type ErrorClass } from '../../connector.ts';
import { endedError } from '../ending.ts';
import type { Asked, CommandClient, Lost } from './client.ts';
import type { Ran } from './run.ts';

/** Runs it. Commands that change something find the idempotency key and the attempt in their environment. */
export async function run(
  client: CommandClient,
  asked: Asked,
  call: Call | ApplyCall,
): Promise<Ran | Lost> {
  const applying =
    'idempotencyKey' in call
      ? {
          BACKOUT_IDEMPOTENCY_KEY: call.idempotencyKey,
          BACKOUT_ATTEMPT: String(call.attempt),
        }
      : {};
  return client.run({ ...asked, environment: { ...asked.environment, ...applying } }, call);
}

/** The error of a run that did not exit with one of these codes; undefined when it did. */
export function failureOf(
  client: CommandClient,
  verb: string,
  argv: readonly string[],
  ran: Ran | Lost,
  codes: readonly number[],
): ConnectorError | undefined {
  const what = `${verb} ${client.system}`;
  const program = argv[0] ?? '';
  const fail = (errorClass: ErrorClass, why: string): ConnectorError =>
    new ConnectorError(errorClass, client.conceal.text(`[${client.who}] Cannot ${what}: ${why}`));
  switch (ran.type) {
    case 'exited': {
      if (codes.includes(ran.code)) return undefined;
      const said = lastOf(ran.errors) ?? lastOf(ran.out);
      const why = `${program} exited with ${ran.code}${said === undefined ? '' : `: ${said}`}`;
      return fail(classOfExit(ran.code), why);
    }
    case 'killed':
      return fail('refused', `${program} was killed by ${ran.by}.`);
    case 'stopped':
      if (ran.why === 'printed-too-much') {
        return fail('refused', `${program} printed without end and was stopped.`);
      }
      return endedError(client.who, what, ran.why);
    case 'lost':
      return fail(ran.class, ran.because);
    case 'not-started':
      return notStarted(fail, program, ran.code);
  }
}

/** As sysexits.h has them: 68 no such host, 69 unavailable, 75 try again, 77 no permission; 126 is the shells' "may not be run", 124 the "timed out" of timeout(1). */
export function classOfExit(code: number): ErrorClass {
  if (code === 68 || code === 69 || code === 75) return 'cannot-reach';
  if (code === 124) return 'timed-out';
  return code === 77 || code === 126 ? 'not-allowed' : 'refused';
}

function notStarted(
  fail: (errorClass: ErrorClass, why: string) => ConnectorError,
  program: string,
  code: string,
): ConnectorError {
  if (code === 'EACCES')
    return fail('not-allowed', `${program} may not be run. Make it executable.`);
  if (code !== 'ENOENT') return fail('refused', `${program} could not be started (${code}).`);
  const mend = 'Check the program, PATH, and that cwd is a folder.';
  return fail('refused', `there is no ${program}. ${mend}`);
}

const saidMaxLength = 500;

function lastOf(text: string): string | undefined {
  const said = text.trim().slice(-saidMaxLength);
  return said === '' ? undefined : said;
}
