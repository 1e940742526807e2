// A small plan over real systems: a flag service that speaks HTTP, and programs of this machine.
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

/** The plan. Writes are stopped by a file, the flag is switched by HTTP, one step is done by a person. */
export const shopPlan = `backout: 1
name: shop-move
objectives: { rto: 2m, rpo: 0s }
people: { ada: { name: Ada } }
roles: { owner: ada, deputies: { technical: ada } }
systems:
  here: { uses: command }
  flags: { uses: http, url: "\${FLAGS_URL}" }
  pager: { uses: webhook, url: "\${FLAGS_URL}/pager", secret: "\${PAGER_SECRET}" }
signals:
  errors: { from: here, command: [cat, errors], every: 1s }
phases:
  - { name: canary, failure: [errors-high], rollback: full }
  - { name: cutover, failure: [errors-high], rollback: full }
triggers:
  errors-high:
    class: availability
    when: { signal: errors, above: 5 }
    mode: review
    review: { by: technical, within: 5m, silence: hold }
    playbook: quick
notices: { to: [{ channel: pager }] }
playbooks:
  full:
    scope: full
    stages:
      - stabilise:
          - step: stop-writes
            owner: technical
            timebox: 30s
            uses: command/holds
            with: { system: here, observe: [test, -e, stopped], apply: [touch, stopped] }
          - step: flag-off
            owner: technical
            timebox: 30s
            needs: []
            on-failure: { refused: ask, not-allowed: stop }
            uses: http/holds
            with:
              system: flags
              observe: { get: /new-side, expect: { json: { /enabled: false } } }
              apply: { put: /new-side, json: { enabled: false } }
          - step: look
            owner: technical
            timebox: 5m
            manual: { do: Look at the bank file, look-for: no new file, evidence: required }
      - verify:
          - checkpoint: all-good
    verified: { by: [all-good], hold: 1s, within: 30s }
  quick:
    scope: { component: writes }
    stages:
      - stabilise:
          - step: writes-off
            owner: technical
            timebox: 30s
            uses: command/holds
            with: { system: here, observe: [test, -e, stopped], apply: [touch, stopped], undo: [rm, -f, stopped] }
    undo-verified: { by: [open-again], hold: 100ms, within: 30s }
    verified: { by: [all-good], hold: 1s, within: 30s }
  stuck:
    scope: { component: nothing }
    stages:
      - impossible:
          - step: never-so
            owner: technical
            timebox: 30s
            retry: { times: 1, backoff: 100ms }
            uses: command/holds
            with: { system: here, observe: [sh, -c, exit 7] }
    verified: { by: [all-good], hold: 1s, within: 30s }
checks:
  not-stopped: { uses: command/holds, with: { system: here, observe: [sh, -c, '! test -e stopped'] } }
  written: { uses: command/holds, with: { system: here, observe: [test, -e, stopped] } }
checkpoints:
  all-good: { checks: [written] }
  open-again: { checks: [not-stopped] }
`;

/** A service that keeps one flag and counts who changed it. */
export interface FlagService {
  readonly url: string;
  readonly enabled: () => boolean;
  readonly changes: () => number;
  /** The subjects of the notices that reached the pager. */
  readonly notices: () => readonly string[];
  readonly stop: () => Promise<void>;
}

/** Starts it, with the flag on. */
export async function startFlags(): Promise<FlagService> {
  let enabled = true;
  let changes = 0;
  const notices: string[] = [];
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      // The bodies are what the plan above sends, and notices.
      const body = JSON.parse(Buffer.concat(chunks).toString() || '{}') as {
        readonly enabled?: boolean;
        readonly subject?: string;
      };
      if (request.method === 'PUT') {
        enabled = body.enabled ?? enabled;
        changes += 1;
      }
      if (request.url === '/pager') notices.push(body.subject ?? '');
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ enabled }));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    enabled: () => enabled,
    changes: () => changes,
    notices: () => notices,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
