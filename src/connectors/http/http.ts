// The http connector: probes as a customer would, states by requests, and who answers there.
import {
  ConnectorError,
  defineConnector,
  type Identity,
  type Json,
  type ProbeAnswer,
} from '../../connector.ts';
import { classOfStatus } from '../exchange.ts';
import { valueAt } from '../pointer.ts';
import { httpOptions, openHttp, type HttpClient, type HttpOptions } from './client.ts';
import { holds } from './holds.ts';
import { probeSignal } from './probe.ts';
import { nameOf, request, send } from './request.ts';
import { warm } from './warm.ts';

/** What plans name by `uses: http`. */
export const http = defineConnector<HttpOptions, HttpClient>({
  name: 'http',
  summary: 'Any system with an HTTP interface: probes as a signal, states by requests',
  options: httpOptions,
  open: openHttp,
  identify: async (client, call): Promise<Identity> => {
    if (client.identity === undefined) return { evidence: { url: client.base } };
    const { environment, role, id } = client.identity;
    const asked = request.parse({ get: client.identity.get, expect: { json: {} } });
    const answer = await send(client, asked, call);
    if (answer.type === 'failed') throw silent(client, answer.class, answer.because);
    if (answer.status >= 300) {
      throw silent(
        client,
        classOfStatus(answer.status),
        `${nameOf(asked)} gives status ${answer.status}`,
      );
    }
    return {
      ...fieldAt(client, 'environment', answer.json, environment),
      ...fieldAt(client, 'role', answer.json, role),
      ...fieldAt(client, 'id', answer.json, id),
      evidence: { url: client.base, request: nameOf(asked), status: answer.status },
    };
  },
  probe: async (client, call): Promise<ProbeAnswer> => {
    const path = client.identity?.get ?? '/';
    const answer = await send(client, request.parse({ get: path }), call);
    const notReady = (because: string, errorClass: ConnectorError['class']): ProbeAnswer => {
      const message = `[http] Cannot use ${client.system}: ${because}.`;
      return { type: 'not-ready', class: errorClass, because: client.conceal.text(message) };
    };
    if (answer.type === 'failed') return notReady(answer.because, answer.class);
    const { status } = answer;
    // Without an identity path any answer will do, for nobody said what lives at the root.
    const wrong =
      client.identity !== undefined ? status >= 300 : classOfStatus(status) !== 'refused';
    if (wrong) return notReady(`GET ${path} gives status ${status}`, classOfStatus(status));
    return { type: 'ready', evidence: { url: client.base, status, ms: answer.ms } };
  },
  signal: probeSignal,
  states: { holds, warm },
});

/** What the plan says where to find must be there: what is silently missing would be asserted by nobody. */
function fieldAt(
  client: HttpClient,
  name: string,
  json: Json | undefined,
  place: string | undefined,
): object {
  if (place === undefined) return {};
  const value = valueAt(json, place);
  if (typeof value === 'string' || typeof value === 'number') return { [name]: String(value) };
  throw silent(client, 'target-mismatch', `its answer has no ${name} at ${place}`);
}

function silent(
  client: HttpClient,
  errorClass: ConnectorError['class'],
  why: string,
): ConnectorError {
  const message = `[http] Cannot tell who answers for ${client.system}: ${why}.`;
  return new ConnectorError(errorClass, client.conceal.text(message));
}
