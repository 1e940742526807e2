// The text of a generated upstream block, and what is read out of the one that stood there before.
import { createHash } from 'node:crypto';

/** What a block says. */
export interface Block {
  readonly upstream: string;
  /** By address: 0 is written as `down`, for nginx takes no weight of 0. */
  readonly weights: { readonly [address: string]: number };
  /** More words after a server: `max_fails=2 fail_timeout=5s`. */
  readonly parameters: { readonly [address: string]: string };
  /** More lines of the block: `keepalive 32`. */
  readonly settings: readonly string[];
}

/** The file. It also sets the variable by which the running configuration can tell which one it is. */
export function blockText(block: Block): string {
  const { upstream, weights, parameters, settings } = block;
  const servers = Object.entries(weights).map(([address, weight]) => {
    const more = parameters[address] === undefined ? '' : ` ${parameters[address]}`;
    return `    server ${address} ${weight === 0 ? 'down' : `weight=${weight}`}${more};`;
  });
  const lines = settings.map((line) => `    ${line};`);
  return `# Written by Backout. A step of a plan replaces the whole file; changes by hand go with it.
upstream ${upstream} {
${[...lines, ...servers].join('\n')}
}
map "" $${variableOf(upstream)} { default "${generationOf(block)}"; }
`;
}

/** The variable that holds the generation: `$backout_billing`. */
function variableOf(upstream: string): string {
  return `backout_${upstream.replaceAll(/\W/g, '_')}`;
}

/** The same for the same block, another for every other. */
export function generationOf(block: Block): string {
  const hash = createHash('sha256').update(JSON.stringify(block));
  return hash.digest('hex').slice(0, 16);
}

/** The weights in a text, as well as they can be read: for people, to see what would change. */
export function weightsIn(text: string, upstream: string): ReadonlyMap<string, number> {
  const code = text.replaceAll(/#.*$/gm, '');
  const blocks = [...code.matchAll(/\bupstream\s+(\S+)\s*\{([^}]*)\}/g)];
  const body = blocks.find(([, name]) => name === upstream)?.[2] ?? '';
  return new Map(
    [...body.matchAll(/\bserver\s+([^\s;]+)([^;]*);/g)].map(([, address = '', words = '']) => {
      if (/\bdown\b/.test(words)) return [address, 0];
      return [address, Number(/\bweight=(\d+)/.exec(words)?.[1] ?? 1)];
    }),
  );
}
