// Findings about secrets that stand in the plan as they are.
import { placeOf } from './problem.ts';
import type { Finding } from './problem.ts';
import { at, entriesOf } from './tree.ts';
import type { Tree } from './tree.ts';

const secretKey = /(?:^|[-_])(?:password|passwd|secret|token|api-?key|private-?key)$/i;
const urlWithPassword = /^[a-z][a-z0-9+.-]*:\/\/[^/@:\s]*:([^@\s]+)@/i;

/** Files of secrets that are named by a relative path: where they lie would depend on where Backout was started. */
export function relativeSecretFiles(tree: Tree): readonly Finding[] {
  switch (tree.type) {
    case 'map':
      return [...tree.entries.values()].flatMap((entry) => relativeSecretFiles(entry.value));
    case 'list':
      return tree.items.flatMap(relativeSecretFiles);
    case 'scalar': {
      const path = /(?<!\$)\$\{file:([^/}][^}]*)\}/.exec(
        typeof tree.value === 'string' ? tree.value : '',
      )?.[1];
      if (path === undefined) return [];
      return [
        {
          rule: 'secret-file-is-absolute',
          severity: 'warn',
          message: `The secret file ${path} is named by a relative path.`,
          mend: 'Write its whole path, such as ${file:/run/secrets/x}.',
          ...placeOf(tree.span),
        },
      ];
    }
  }
}

/** A finding for each; its frame does not show the secret. */
export function plainSecrets(tree: Tree): readonly Finding[] {
  return entriesOf(at(tree, 'systems')).flatMap(([system, entry]) =>
    secretsIn(entry.value, `System ${system}`),
  );
}

function secretsIn(tree: Tree, owner: string): readonly Finding[] {
  return entriesOf(tree).flatMap(([key, { key: keySpan, value }]): readonly Finding[] => {
    if (value.type !== 'scalar') return secretsIn(value, owner);
    const text = typeof value.value === 'string' ? value.value : '';
    const password = urlWithPassword.exec(text)?.[1] ?? (secretKey.test(key) ? text : '');
    if (password === '' || password.includes('${')) return [];
    return [
      {
        rule: 'secret-is-referenced',
        severity: 'block',
        message: `${owner} has a secret in plain text at "${key}".`,
        mend: 'Put it into the environment and write "${NAME}".',
        ...placeOf(keySpan, value.span),
      },
    ];
  });
}
