// What Slack says when it says no, and what of it is worth another try: its Web API answers with 200 and a word.
import type { ErrorClass } from '../../connector.ts';

/** What an error of Slack means for a message: surely not posted, for a reason; or nobody can know. */
export type SlackTrouble =
  | { readonly type: 'not-posted'; readonly class: ErrorClass; readonly mend: string }
  | { readonly type: 'unknown' };

const credentials = 'Check the token';
const permissions = 'Give the app the scope chat:write, and its owner the permission';

const notAllowed: { readonly [error: string]: string } = {
  not_authed: credentials,
  invalid_auth: credentials,
  account_inactive: credentials,
  token_revoked: credentials,
  token_expired: credentials,
  org_login_required: credentials,
  not_allowed_token_type: permissions,
  missing_scope: permissions,
  no_permission: permissions,
  access_denied: permissions,
  ekm_access_denied: permissions,
  team_access_not_granted: permissions,
};

const refused: { readonly [error: string]: string } = {
  channel_not_found: 'Name the channel by its id, and invite the app if it is private',
  not_in_channel: 'Invite the app into the channel',
  is_archived: 'Name a channel that is not archived',
  restricted_action: 'Let the app post there',
};

/** Slack says of these that a part of what was asked may have been done before they came. */
const nobodyKnows = new Set([
  'internal_error',
  'fatal_error',
  'service_unavailable',
  'request_timeout',
]);

/** What the word means. */
export function troubleOf(error: string): SlackTrouble {
  if (nobodyKnows.has(error)) return { type: 'unknown' };
  if (error === 'ratelimited' || error === 'rate_limited') {
    return { type: 'not-posted', class: 'cannot-reach', mend: 'It asks for patience' };
  }
  const mend = Object.hasOwn(notAllowed, error) ? notAllowed[error] : undefined;
  if (mend !== undefined) return { type: 'not-posted', class: 'not-allowed', mend };
  const other = Object.hasOwn(refused, error) ? refused[error] : undefined;
  return { type: 'not-posted', class: 'refused', mend: other ?? 'See its documentation' };
}
