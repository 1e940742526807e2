// The contract of connectors, held against a switchboard. CHANGE: start your real system instead of the toy.
import { after } from 'node:test';
import { connectorSuite } from 'backout/testing';
import connector from './connector.ts';
import { startSilence, startToy, token } from './toy.ts';

const toy = await startToy();
const silence = await startSilence();
after(() => Promise.all([toy.stop(), silence.stop()]));

connectorSuite({
  connector,
  options: () => ({ url: toy.url, token }),
  secrets: [token],
  unreachable: () => ({ url: 'http://127.0.0.1:1/', token }),
  silent: () => ({ url: silence.url, token }),
  forbidden: () => ({ url: toy.url, token: 'another-token' }),
  badOptions: [{ value: { url: 'nowhere', token }, path: 'url' }],
  states: [
    {
      name: 'line',
      desired: () => ({ line: 'sales', open: false }),
      disturb: async () => toy.lines.clear(),
      picture: async () => Object.fromEntries([...toy.lines].filter(([, open]) => !open)),
      changed: (before, after) =>
        Math.abs(Object.keys(after as object).length - Object.keys(before as object).length),
      undoes: true,
      bad: [{ value: { line: 'sales', open: 'no' }, path: 'open' }],
      failures: [
        {
          title: 'there is no such line',
          desired: { line: 'nobody', open: false },
          class: 'refused',
          says: /status 404/,
        },
      ],
    },
  ],
  signals: [
    {
      title: 'the line is open',
      query: { line: 'support' },
      arrange: async () => toy.lines.clear(),
      expect: 'number',
      value: 1,
    },
    {
      title: 'there is no such line',
      query: { line: 'nobody' },
      expect: 'error',
      class: 'refused',
    },
  ],
});
