// What every command is given: its voice, the options that all commands share, and the real parts that main.ts chose.
import type { Log } from '../engine/log.ts';
import type { Interrupt } from './interrupt.ts';
import type { Output } from './output.ts';
import type { Platform } from './platform.ts';

/** Options that every command takes. */
export interface SharedOptions {
  readonly json?: boolean;
  readonly ascii?: boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  readonly server?: string;
  readonly token?: string;
  readonly database?: string;
  readonly data?: string;
}

/** What a command holds in its hands. */
export interface Cli {
  readonly out: Output;
  readonly platform: Platform;
  readonly options: SharedOptions;
  readonly interrupt: Interrupt;
  /** The folder that the command was started in. */
  readonly folder: string;
}

/** The engine's sentences as talk: all of them with --verbose, else only what somebody must know. */
export function logOf({ out }: Cli): Log {
  return (level, sentence) => {
    if (level !== 'info' || out.verbose) out.talk(sentence);
  };
}
