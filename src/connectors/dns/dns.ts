// The dns connector: records of a zone, changed at its primary server by signed updates.
import {
  ConnectorError,
  defineConnector,
  type Call,
  type Identity,
  type ProbeAnswer,
} from '../../connector.ts';
import { dnsOptions, openDns, type DnsClient, type DnsOptions } from './client.ts';
import { readRecords } from './query.ts';
import { records } from './records.ts';
import { update } from './update.ts';

/** What plans name by `uses: dns`. */
export const dns = defineConnector<DnsOptions, DnsClient>({
  name: 'dns',
  summary: 'A zone at its primary name server: records by signed dynamic update',
  options: dnsOptions,
  open: openDns,
  identify: async (client, call): Promise<Identity> => {
    const environment = await readEnvironment(client, call);
    return {
      ...(environment === undefined ? {} : { environment }),
      id: client.zone.replace(/\.$/, ''),
      evidence: { server: client.server, port: client.port, zone: client.zone },
    };
  },
  probe: async (client, call): Promise<ProbeAnswer> => {
    const what = `use ${client.system}`;
    try {
      await readRecords(client, client.zone, 'NS', call, what);
      // An update that changes nothing: the server looks at the key and at the zone all the same.
      await update(client, [`prereq yxdomain ${client.zone}`], call, what);
      return { type: 'ready', evidence: { server: client.server, zone: client.zone } };
    } catch (error) {
      if (!(error instanceof ConnectorError)) throw error;
      return { type: 'not-ready', class: error.class, because: error.message };
    }
  },
  states: { records },
});

/** `_backout.example.com TXT "environment=production"` is how a zone says where it stands. */
async function readEnvironment(client: DnsClient, call: Call): Promise<string | undefined> {
  const name = `_backout.${client.zone}`;
  const { values } = await readRecords(client, name, 'TXT', call, `ask who ${client.system} is`);
  return values.map((value) => /^"environment=([\w.-]+)"$/.exec(value)?.[1]).find(Boolean);
}
