// The canonical form of a plan and of its parts, and their SHA-256 fingerprints: evidence and runs bear them.
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { Plan } from './plan.ts';

/** JSON with sorted keys and without spaces: the same for the same meaning, whatever the file looked like. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .toSorted(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`);
  return `{${members.join(',')}}`;
}

/** SHA-256 in hex of the canonical form: of a Plan, or of any part of one. */
export function fingerprint(planOrPart: unknown): string {
  return bytesToHex(sha256(utf8ToBytes(canonical(planOrPart))));
}

/** The fingerprint of each part that evidence may be about, by `playbook/full`, `trigger/errors`, `system/legacy`. */
export function partFingerprints(plan: Plan): { readonly [part: string]: string } {
  const parts: (readonly [string, unknown])[] = [
    ...named('system', plan.systems),
    ...named('signal', plan.signals),
    ...named('trigger', plan.triggers),
    ...named('playbook', plan.playbooks),
    ...named('check', plan.checks),
    ...named('checkpoint', plan.checkpoints),
    ...plan.phases.map((phase) => [`phase/${phase.name}`, phase] as const),
  ];
  return Object.fromEntries(parts.map(([part, value]) => [part, fingerprint(value)]));
}

function named(
  kind: string,
  definitions: { readonly [name: string]: unknown },
): (readonly [string, unknown])[] {
  return Object.entries(definitions).map(([name, value]) => [`${kind}/${name}`, value] as const);
}
