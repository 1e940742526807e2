// Who answers where commands run: a command of the plan prints it as JSON.
import { ConnectorError, type Call, type Identity } from '../../connector.ts';
import { parseJson } from '../pointer.ts';
import type { CommandClient } from './client.ts';
import { lastLineOf } from './output.ts';
import { failureOf, run } from './step.ts';

const identityFields: readonly string[] = ['environment', 'role', 'id'];

/** Runs the command, when the plan names one. */
export async function identifyByCommand(client: CommandClient, call: Call): Promise<Identity> {
  if (client.identity === undefined) return { evidence: client.place };
  const ran = await run(client, { argv: client.identity }, call);
  const failure = failureOf(client, 'ask who answers by', client.identity, ran, [0]);
  if (failure !== undefined) throw failure;
  const said = ran.type === 'exited' ? parseJson(lastLineOf(ran.out)) : undefined;
  if (said === undefined || said === null || typeof said !== 'object') {
    const message = `[${client.who}] Cannot tell who answers for ${client.system}: the last line of ${client.identity[0]} is no JSON object.`;
    throw new ConnectorError('refused', message);
  }
  const fields = Object.entries(said).filter(
    ([name, value]) => identityFields.includes(name) && typeof value === 'string',
  );
  return { ...Object.fromEntries(fields), evidence: client.conceal.json(said) };
}
