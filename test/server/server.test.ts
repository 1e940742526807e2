// The server on a real socket: ports, other addresses, stopping, and the command line's control of it.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { remoteControl } from '../../src/cli/remote.ts';
import { CliError } from '../../src/cli/exit.ts';
import type { Control } from '../../src/engine/control.ts';
import { type RunningServer, ServerError, startServer } from '../../src/server/server.ts';
import { memoryJournal } from '../../src/testing/memory-journal.ts';
import { type Stage, plan, setStage, snapshot } from './pretend-plan.ts';

const log = (): void => undefined;

async function onStage(): Promise<Stage> {
  return setStage(memoryJournal({ now: Date.now }));
}

async function serve(
  t: TestContext,
  control: Control,
  port = 0,
  token?: string,
): Promise<RunningServer> {
  const server = await startServer({
    control,
    port,
    log,
    ...(token === undefined ? {} : { token }),
  });
  t.after(() => server.stop());
  return server;
}

test('a port that is taken is said in one sentence with the way out', async (t) => {
  const { control } = await onStage();
  const { port } = await serve(t, control);
  await assert.rejects(startServer({ control, port, log }), (error: unknown) => {
    assert.ok(error instanceof ServerError);
    assert.equal(error.code, 'port-taken');
    assert.match(
      error.message,
      new RegExp(
        `127\\.0\\.0\\.1:${port}: the port is taken, probably by another .backout serve.*--port 0\\.$`,
      ),
    );
    return true;
  });
});

test('an address that others can reach wants a token', async () => {
  const { control } = await onStage();
  await assert.rejects(startServer({ control, host: '0.0.0.0', port: 0, log }), {
    code: 'token-wanted',
  });
  await assert.rejects(startServer({ control, host: '203.0.113.9', port: 0, log, token: 'x' }), {
    code: 'no-such-address',
  });
});

test('a server that stops lets go of its watchers and its port', async (t) => {
  const { control } = await onStage();
  const server = await serve(t, control);
  const watcher = await fetch(`${server.url}/api/v1/streams/run-1/live`);
  await server.stop();
  await watcher.text();
  const next = createServer().listen(server.port, '127.0.0.1');
  await once(next, 'listening');
  next.close();
});

test('a body without end is cut at its limit, also when it does not say how long it is', async (t) => {
  const { control } = await onStage();
  const { url } = await serve(t, control);
  let sent = 0;
  const endless = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      sent += 2 ** 16;
      controller.enqueue(new Uint8Array(2 ** 16).fill(32));
    },
  });
  const headers = { origin: url, 'content-type': 'application/json' };
  const answer = await fetch(`${url}/api/v1/runs`, {
    method: 'POST',
    body: endless,
    headers,
    duplex: 'half',
  }).then(
    ({ status }) => status,
    () => 413, // the server hung up before the client was done, which is as good
  );
  assert.equal(answer, 413);
  assert.ok(sent < 2 ** 24, `${sent} bytes were taken`);
});

test('whoever asks only for the headers of a stream follows nothing', async (t) => {
  const { control } = await onStage();
  let followed = 0;
  const counted: Control = {
    ...control,
    follow: (...asked) => {
      followed += 1;
      return control.follow(...asked);
    },
  };
  const { url } = await serve(t, counted);
  const { status } = await fetch(`${url}/api/v1/streams/run-1/live`, { method: 'HEAD' });
  assert.deepEqual([status, followed], [200, 0]);
});

test('control over HTTP answers what control on this machine answers', async (t) => {
  const { control, breach } = await onStage();
  const { url } = await serve(t, control);
  const remote = remoteControl(url);
  await breach();
  assert.deepEqual(await remote.migrations(), await control.migrations());
  assert.deepEqual(await remote.migration(plan.name), await control.migration(plan.name));
  assert.deepEqual(await remote.migration('other'), { type: 'none' });
  assert.deepEqual(await remote.run(9), { type: 'none' });
  assert.deepEqual(await remote.arm(snapshot, 'cutover', 'Ada'), { type: 'done', events: [] });
  const approved = await remote.decide(plan.name, { type: 'Approve', decision: 1 }, 'Zoë');
  assert.equal(approved.type, 'done');
  const again = await remote.decide(plan.name, { type: 'Approve', decision: 1 }, 'Ben');
  assert.deepEqual(again, await control.decide(plan.name, { type: 'Approve', decision: 1 }, 'Ben'));
  assert.match(again.type === 'rejected' ? again.because : '', /made by Zoë already/);
  assert.deepEqual(
    await remote.order(plan.name, { playbook: 'full', because: 'again', kind: 'live' }, 'Ben'),
    await control.order(plan.name, { playbook: 'full', because: 'again', kind: 'live' }, 'Ben'),
  );
  assert.deepEqual(
    await remote.tell(9, { type: 'ResumeRun' }, 'Ben'),
    await control.tell(9, { type: 'ResumeRun' }, 'Ben'),
  );
  assert.deepEqual(await remote.runs(), await control.runs());
  assert.deepEqual(await remote.run(1), await control.run(1));
  assert.deepEqual(await remote.events('run-1', 2), await control.events('run-1', 2));
  assert.deepEqual(await remote.streams('run-'), await control.streams('run-'));
  assert.ok((await remote.now()) <= (await control.now()));
});

test(
  'a follower over HTTP survives a server that goes and comes back: nothing lost, nothing twice',
  { timeout: 30_000 },
  async (t) => {
    const { control, finish } = await onStage();
    const first = await serve(t, control);
    await control.order(plan.name, { playbook: 'full', because: 'errors', kind: 'live' }, 'Ada');
    const stop = new AbortController();
    const got: number[] = [];
    const heard = new Map<number, () => void>();
    const following = (async () => {
      for await (const event of remoteControl(first.url).follow('run-1', 1, stop.signal)) {
        got.push(event.seq);
        heard.get(event.seq)?.();
      }
    })();
    const reached = (seq: number): Promise<void> =>
      got.includes(seq)
        ? Promise.resolve()
        : new Promise((resolve) => void heard.set(seq, resolve));
    await reached(1);
    await first.stop();
    await finish(1, 'stop-writes');
    await serve(t, control, first.port);
    await finish(1, 'route-back');
    const all = (await control.events('run-1')).map(({ seq }) => seq);
    await reached(all.length);
    stop.abort();
    await following;
    assert.deepEqual(got, all);
  },
);

test('a server that is not there is no answer, in a sentence, and not a no', async (t) => {
  const { control } = await onStage();
  const server = await serve(t, control, 0, 'right');
  const says = async (url: string, token?: string): Promise<string> => {
    const error: unknown = await remoteControl(url, token)
      .runs()
      .catch((thrown: unknown) => thrown);
    assert.ok(error instanceof CliError);
    assert.equal(error.exit, 3);
    return error.message;
  };
  assert.match(await says(server.url, 'wrong'), /does not let us in: .*BACKOUT_TOKEN/);
  assert.deepEqual(await remoteControl(server.url, 'right').runs(), []);
  await server.stop();
  assert.match(
    await says(server.url, 'right'),
    /^\[server\] Cannot reach http:.*No answer is not a no\.$/,
  );
  const other = createServer((socket) =>
    socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi'),
  );
  other.listen(0, '127.0.0.1');
  await once(other, 'listening');
  const address = other.address();
  assert.match(
    await says(`http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`),
    /not as Backout does/,
  );
  other.close();
  assert.throws(() => remoteControl('localhost:4600'), { code: 'BK-0101' });
});
