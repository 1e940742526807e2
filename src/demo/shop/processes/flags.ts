// The flag store of the shop: named switches in a file, and a way to hear of a change at once.
import { readFlags, writeFlags, type Flags } from '../flag-file.ts';
import { runPart } from '../part.ts';
import { fieldsOf, refusal, type Answer, type Asked } from '../web.ts';

/** The longest that a reader may wait for a change, in milliseconds. */
const waitMsMax = 20_000;

await runPart('flags', ({ option }) => {
  const path = option('file');
  let current = readFlags(path);
  const waiting = new Set<() => void>();

  const change = (next: Flags) => {
    writeFlags(path, next);
    current = next;
    for (const wake of waiting) wake();
  };

  /** Answers at once, or with `If-None-Match` and `?wait=ms` when something has changed. */
  const readAll = async (asked: Asked): Promise<Answer> => {
    const waitMs = Math.min(Number(asked.query.get('wait') ?? 0), waitMsMax);
    const isKnown = () => asked.headers['if-none-match'] === tagOf(current);
    if (isKnown() && waitMs > 0) await changeWithin(waitMs);
    return isKnown() ? { status: 304, headers: tagged(current) } : whole(current);
  };

  const changeWithin = (waitMs: number) =>
    new Promise<void>((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        waiting.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, waitMs);
      waiting.add(wake);
    });

  const readOne = (asked: Asked): Answer => {
    const name = asked.params['name'] ?? '';
    const enabled = current.flags[name];
    if (enabled === undefined) return refusal(404, `There is no flag ${name}.`);
    return { status: 200, json: { name, enabled }, headers: tagged(current) };
  };

  const writeOne = (asked: Asked): Answer => {
    const name = asked.params['name'] ?? '';
    const { enabled } = fieldsOf(asked.body);
    const match = asked.headers['if-match'];
    if (!/^[a-z][a-z0-9-]{0,40}$/.test(name)) return refusal(400, 'A flag has a kebab-case name.');
    if (typeof enabled !== 'boolean') return refusal(400, 'A flag takes {"enabled": true|false}.');
    if (match !== undefined && match !== tagOf(current)) return refusal(412, 'It has changed.');
    if (current.flags[name] !== enabled) {
      change({ version: current.version + 1, flags: { ...current.flags, [name]: enabled } });
    }
    return { status: 200, json: { name, enabled }, headers: tagged(current) };
  };

  return {
    routes: [
      { method: 'GET', path: '/flags', handle: readAll },
      { method: 'GET', path: '/flags/:name', handle: readOne },
      { method: 'PUT', path: '/flags/:name', handle: writeOne },
    ],
  };
});

function tagOf(flags: Flags): string {
  return `"${flags.version}"`;
}

function tagged(flags: Flags): Readonly<Record<string, string>> {
  return { etag: tagOf(flags) };
}

function whole(flags: Flags): Answer {
  return { status: 200, json: flags.flags, headers: tagged(flags) };
}
