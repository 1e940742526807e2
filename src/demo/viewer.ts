// What the demo is asked for, and who it is shown to.
import type { Json } from '../core/journal/event.ts';
import type { Run } from '../core/rollback/state.ts';
import type { Sabotage } from './scenario.ts';
import type { Scenario } from './shop/scenarios.ts';

/** How the demo is shown. */
export interface DemoOptions {
  readonly scenario: Scenario;
  /** Kill the engine node that carries rows home, in the middle of it. */
  readonly chaos: boolean;
  /** The viewer decides, in the terminal (`ask`) or on the page. */
  readonly manual: boolean;
  readonly sabotage: Sabotage | null;
  readonly port: number;
  readonly keep: boolean;
  readonly verbose: boolean;
}

/** How the demo talks to its viewer. */
export interface Viewer {
  readonly say: (line: string) => void;
  /** The run has moved: paint it. */
  readonly see: (run: Run, now: number) => void;
  /** Facts for programs that read along. */
  readonly tell: (facts: { readonly [key: string]: Json }) => void;
  /** Asks for an answer in the terminal; null where there is none. Ends unanswered when the signal aborts. */
  readonly ask:
    | ((question: string, signal: AbortSignal) => Promise<'approve' | 'hold' | null>)
    | null;
  /** Ctrl-C. */
  readonly stopped: AbortSignal;
}
