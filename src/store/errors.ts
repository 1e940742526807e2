// What can go wrong between Backout and its database, each as one sentence with how to mend it; passwords never appear.

/** Every code of the store's errors. */
export type StoreErrorCode =
  | 'unreachable'
  | 'wrong-password'
  | 'no-such-database'
  | 'not-allowed'
  | 'pooler-in-the-way'
  | 'read-only'
  | 'disk-full'
  | 'too-many-connections'
  | 'too-slow'
  | 'too-old'
  | 'newer-backout'
  | 'changed-migration'
  | 'corrupt'
  | 'bad-url'
  | 'folder'
  | 'other-major'
  | 'no-postgres'
  | 'not-started'
  | 'unsafe-settings'
  | 'refused';

/** Something that the store cannot do. `message` is for people: who, what, where, why, how to mend. */
export class StoreError extends Error {
  override readonly name: string = 'StoreError';
  readonly code: StoreErrorCode;
  readonly facts: Readonly<Record<string, string | number>>;

  constructor(
    code: StoreErrorCode,
    message: string,
    options: {
      readonly facts?: Readonly<Record<string, string | number>>;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.facts = options.facts ?? {};
  }
}

/** The database does not answer (now): asking again later may help. No answer is not a no. */
export class StoreUnreachable extends StoreError {
  override readonly name = 'StoreUnreachable';

  constructor(message: string, options: { readonly cause?: unknown } = {}) {
    super('unreachable', message, options);
  }
}

/** Turns what pg throws into a StoreError; `where` names the database without its password (see `placeOf`). */
export function storeError(error: unknown, where: string): StoreError {
  if (error instanceof StoreError) return error;
  const code = codeOf(error);
  const why = messageOf(error);
  const say = (known: StoreErrorCode, message: string): StoreError =>
    new StoreError(known, message, { facts: { where, sqlstate: code }, cause: error });
  switch (code) {
    case '28P01':
    case '28000':
      return say(
        'wrong-password',
        `[store] Cannot sign in to ${where}: ${why}. Correct the user and password in the database URL, or allow this user in pg_hba.conf.`,
      );
    case '3D000':
      return say(
        'no-such-database',
        `[store] Cannot open ${where}: ${why}. Create it (createdb), or correct the name in the database URL.`,
      );
    case '42501':
      return say(
        'not-allowed',
        `[store] Cannot work in ${where}: ${why}. Give the user its own database, or grant it CREATE on this one.`,
      );
    case '25006':
      return say(
        'read-only',
        `[store] Cannot write to ${where}: it is read-only, perhaps a standby. Point the database URL at the primary (target_session_attrs=read-write).`,
      );
    case '53100':
      return say(
        'disk-full',
        `[store] Cannot write to ${where}: its disk is full. Free some space there; nothing was half-written, and Backout goes on by itself.`,
      );
    case '53300':
      return say(
        'too-many-connections',
        `[store] Cannot connect to ${where}: ${why}. Raise max_connections, or close what else is connected.`,
      );
    case '57014':
    case '55P03':
      return say(
        'too-slow',
        `[store] ${where} did not answer in time: ${why}. Look for a lock or an overloaded disk there (pg_stat_activity).`,
      );
    case '08P01':
      return say(
        'pooler-in-the-way',
        `[store] Cannot connect to ${where}: ${why}. Backout needs a direct connection to Postgres, not a transaction pooler: use the server's own port.`,
      );
    case 'XX001':
    case 'XX002':
      return say(
        'corrupt',
        `[store] ${where} says that its files are damaged: ${why}. Stop here, keep a copy of the data folder, and restore a backup.`,
      );
  }
  if (isUnreachable(error)) {
    return new StoreUnreachable(
      `[store] Cannot reach ${where}: ${why}. Is the server up, and may this machine reach it?`,
      { cause: error },
    );
  }
  return say('refused', `[store] Cannot do this in ${where}: ${why}.`);
}

/** Whether the same may work a moment later, because the server was away, starting or stopping. */
export function isUnreachable(error: unknown): boolean {
  if (error instanceof StoreError) return error.code === 'unreachable';
  const code = codeOf(error);
  if (/^(08(?!P01)|57P0)/.test(code)) return true;
  if (/^E(CONN|PIPE|HOST|NET|TIMEDOUT|NOENT|NOTFOUND|AI_AGAIN|ADDR)/.test(code)) return true;
  return /connection terminated|timeout (exceeded|expired)|connection timeout|not queryable|socket hang up/i.test(
    messageOf(error),
  );
}

/** A database URL as people may see it: no password, no parameters but the socket folder. */
export function placeOf(url: string): string {
  try {
    const parsed = new URL(url.replace('@/', '@socket/'));
    const folder = parsed.searchParams.get('host');
    const database = decodeURIComponent(parsed.pathname.slice(1)) || 'the default database';
    return `the database "${database}" at ${folder ?? parsed.host}`;
  } catch {
    return 'the database';
  }
}

/** SQLSTATE or errno of whatever was thrown, else an empty string. */
export function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('code' in error)) return '';
  return typeof error.code === 'string' ? error.code : '';
}

/** One line without the full stop, so that it can stand inside our own sentence. */
function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return messageOf(error.errors[0]);
  const text = error instanceof Error ? error.message || codeOf(error) : String(error);
  return text
    .replaceAll(/\s+/g, ' ')
    .replace(/\.$/, '')
    .replaceAll(/\/\/[^/@\s]*@/g, '//***@');
}
