// The options of the alertmanager connector: where its API is, and how the alerts that it posts to us are proved.
import { z } from 'zod';
import type { OpenContext } from '../../connector.ts';
import { apiFields, apiUrl, openApi, type Api } from '../json-api.ts';

const proof = z.union(
  [
    z.strictObject({ token: z.string().min(8, 'must have at least 8 characters') }),
    z.strictObject({
      user: z.string().min(1),
      password: z.string().min(8, 'must have at least 8 characters'),
    }),
    z.literal('none'),
  ],
  'needs token, or user and password, or none',
);

/** What a plan says under `systems` for `uses: alertmanager`. */
export const alertmanagerOptions = z.strictObject({
  url: apiUrl.meta({ description: 'Where /api/v2 is: http://alertmanager:9093' }),
  ...apiFields,
  receives: proof.optional().meta({
    description:
      'What proves the alerts that it posts to us: token (http_config.authorization), user and password (basic_auth), or none. Without it alerts are refused',
  }),
  'created-by': z
    .string()
    .min(1)
    .default('backout')
    .meta({ description: 'Who silences are by. Default: backout' }),
});

/** The options after validation. */
export type AlertmanagerOptions = z.output<typeof alertmanagerOptions>;

/** One opened Alertmanager. */
export interface AlertmanagerClient extends Api {
  readonly receives: AlertmanagerOptions['receives'];
  readonly createdBy: string;
}

/** Makes the client; asks nothing. */
export function openAlertmanager(
  options: AlertmanagerOptions,
  { system }: OpenContext,
): AlertmanagerClient {
  const { receives } = options;
  const secret =
    receives === undefined || receives === 'none' ? undefined : Object.values(receives).at(-1);
  return {
    ...openApi('alertmanager', system, options, [secret]),
    receives,
    createdBy: options['created-by'],
  };
}
