// The nginx connector: weights of an upstream by a generated file, tested, loaded and seen to run.
import {
  ConnectorError,
  defineConnector,
  type Identity,
  type Json,
  type ProbeAnswer,
} from '../../connector.ts';
import { readText, withFile } from '../atomic-file.ts';
import {
  failure,
  nginxOptions,
  openNginx,
  testConfig,
  type NginxClient,
  type NginxOptions,
} from './client.ts';
import { readProcesses } from './processes.ts';
import { weights } from './weights.ts';

/** What plans name by `uses: nginx`. */
export const nginx = defineConnector<NginxOptions, NginxClient>({
  name: 'nginx',
  summary: 'The nginx on this machine: weights of upstreams by a file that it includes',
  options: nginxOptions,
  open: openNginx,
  identify: async (client): Promise<Identity> => {
    const { environment, ...evidence } = await look(client, `ask who ${client.system} is`);
    return { ...(environment === undefined ? {} : { environment }), evidence };
  },
  probe: async (client, call): Promise<ProbeAnswer> => {
    const what = `use ${client.system}`;
    try {
      const tested = await testConfig(client, call, what);
      if (!tested.ok) {
        const { class: errorClass, says } = tested.error;
        throw failure(errorClass, what, `its configuration is broken before we touch it: ${says}`);
      }
      const { environment, ...evidence } = await look(client, what);
      return { type: 'ready', evidence: { ...evidence, environment: environment ?? null } };
    } catch (error) {
      if (!(error instanceof ConnectorError)) throw error;
      return { type: 'not-ready', class: error.class, because: error.message };
    }
  },
  states: { weights },
});

/** `# backout.environment=production` in the main file is how an nginx says where it stands. */
async function look(
  client: NginxClient,
  what: string,
): Promise<{ readonly environment?: string; readonly [key: string]: Json }> {
  const { master, serving } = await readProcesses(client, what);
  const text = await withFile('nginx', what, client.config, () => readText(client.config));
  const environment = /^\s*#\s*backout\.environment=([\w.-]+)/m.exec(text ?? '')?.[1];
  return {
    ...(environment === undefined ? {} : { environment }),
    config: client.config,
    master,
    workers: serving.length,
  };
}
