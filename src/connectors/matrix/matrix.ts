// The matrix connector: a channel where a notice arrives once, however often it is sent, by the transaction id of Matrix.
import { createHash } from 'node:crypto';
import { z } from 'zod';
import {
  defineChannel,
  defineConnector,
  type ApplyCall,
  type Call,
  type Delivery,
  type Json,
  type Notice,
} from '../../connector.ts';
import { classOfStatus } from '../exchange.ts';
import {
  apiError,
  apiFields,
  apiUrl,
  impatience,
  openApi,
  patiently,
  tryAsking,
  type Api,
  type ApiRequest,
} from '../json-api.ts';
import { readinessBy } from '../readiness.ts';

const options = z.strictObject({
  url: apiUrl.meta({ description: 'The homeserver: https://matrix.example.com' }),
  token: z
    .string()
    .min(1)
    .meta({ description: 'The access token of the account that notices come from; never shown' }),
  timeout: apiFields.timeout,
});

const address = z.strictObject({
  room: z
    .string()
    .regex(
      /^[!#][^\s]+$/,
      'is no room: write its id (!abc:example.com) or its alias (#ops:example.com)',
    )
    .meta({
      description: 'The room: !abc:example.com, or #ops:example.com; the account must be in it',
    }),
});

/** What plans name by `uses: matrix`. */
export const matrix = defineConnector<z.output<typeof options>, Api>({
  name: 'matrix',
  summary: 'Notices to rooms of Matrix',
  options,
  open: (given, { system }) => openApi('matrix', system, given),
  probe: async (client, call) =>
    readinessBy(async () => {
      const said = await answered(
        client,
        'use',
        { method: 'GET', path: '/_matrix/client/v3/account/whoami' },
        call,
      );
      return { user: said['user_id'] ?? null };
    }),
  channel: defineChannel({
    summary: 'Sends the notice as a message; it arrives once, however often it is tried',
    address,
    person: (contact) => ({ room: contact }),
    send,
  }),
});

async function send(
  client: Api,
  { room }: z.output<typeof address>,
  { id, subject, text }: Notice,
  call: ApplyCall,
): Promise<Delivery> {
  const does = 'send the notice by';
  const roomId = room.startsWith('#') ? await resolved(client, does, room, call) : room;
  const path = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/send/m.room.message/${transactionOf(id)}`;
  const json = { msgtype: 'm.text', body: `${subject}\n\n${text}`, 'backout.notice': id };
  const said = await answered(client, does, { method: 'PUT', path, json }, call);
  return { type: 'sent', receipt: { id, event: said['event_id'] ?? null } };
}

async function resolved(client: Api, does: string, alias: string, call: Call): Promise<string> {
  const path = `/_matrix/client/v3/directory/room/${encodeURIComponent(alias)}`;
  const { room_id: id } = await answered(client, does, { method: 'GET', path }, call);
  if (typeof id === 'string') return id;
  throw apiError(client, 'refused', does, `${alias} leads to no room`);
}

/** The homeserver gives the event of the first try to every other with this id, from the same account and token. */
function transactionOf(id: string): string {
  return `backout-${createHash('sha256').update(id).digest('hex').slice(0, 32)}`;
}

async function answered(
  client: Api,
  does: string,
  request: ApiRequest,
  call: Call,
): Promise<{ readonly [field: string]: Json }> {
  const answer = await patiently(call, () => tryAsking(client, request, call));
  // A lost answer is an error and not `maybe`: trying again with the same transaction id does no harm.
  if (answer.type === 'failed') throw apiError(client, answer.class, does, answer.because);
  const { status, json } = answer;
  if (status === 429) throw impatience(client, does, call);
  const isObject = json !== null && typeof json === 'object' && !Array.isArray(json);
  const said = isObject ? (json as { readonly [field: string]: Json }) : {};
  if (status < 300 && isObject) return said;
  const code = typeof said['errcode'] === 'string' ? said['errcode'] : `status ${status}`;
  const mend = Object.hasOwn(mends, code) ? `. ${mends[code]}` : '';
  throw apiError(client, status < 300 ? 'refused' : classOfStatus(status), does, `${code}${mend}`);
}

const mends: { readonly [code: string]: string } = {
  M_UNKNOWN_TOKEN: 'Give it a new access token',
  M_MISSING_TOKEN: 'Give it an access token',
  M_FORBIDDEN: 'Invite the account into the room, and let it join',
  M_NOT_FOUND: 'Check the room',
  M_TOO_LARGE: 'The notice is too long for a message',
};
