// `backout demo`: shows the whole story on a real little shop, live in the terminal and on a page.
import { createInterface } from 'node:readline/promises';
import type { Run } from '../core/rollback/state.ts';
import { runDemo } from '../demo/demo.ts';
import { type Sabotage, sabotages } from '../demo/scenario.ts';
import { type Scenario, scenarios } from '../demo/shop/scenarios.ts';
import type { Viewer } from '../demo/viewer.ts';
import type { Borrowed } from '../demo/world.ts';
import { project } from '../engine/projections.ts';
import { type Cli, logOf } from './cli.ts';
import { CliError, exits, type Exit } from './exit.ts';
import { Painter } from './view/painter.ts';
import { NEVER_TIMED } from '../core/rollback/durations.ts';
import { renderRun } from './view/run.ts';

/** Options of `demo`. */
export interface DemoCommandOptions {
  readonly scenario: string;
  readonly chaos?: boolean;
  readonly manual?: boolean;
  readonly sabotage?: string;
  readonly port: number;
  readonly keep?: boolean;
}

/** 0 only when everything that the demo claims was checked; 1 when it was not so; 130 after Ctrl-C. */
export async function demo(cli: Cli, options: DemoCommandOptions): Promise<Exit> {
  const scenario = named<Scenario>('scenario', options.scenario, scenarios);
  const sabotage =
    options.sabotage === undefined
      ? null
      : named<Sabotage>('sabotage', options.sabotage, sabotages);
  cli.interrupt.listen();
  const screen = new Screen(cli);
  try {
    const good = await runDemo(
      {
        scenario,
        sabotage,
        chaos: options.chaos ?? false,
        manual: options.manual ?? false,
        port: options.port,
        keep: options.keep ?? false,
        verbose: cli.out.verbose,
      },
      screen.viewer(),
      borrowed(cli),
    );
    if (cli.interrupt.signal.aborted) return exits.interrupted;
    return good ? exits.fine : exits.no;
  } finally {
    screen.close();
  }
}

function named<Name extends string>(
  what: string,
  name: string,
  known: { readonly [name in Name]: string },
): Name {
  // The cast holds because the line before proves that the name is one of the keys.
  if (Object.hasOwn(known, name)) return name as Name;
  const all = Object.entries(known).map(([each, means]) => `  ${each.padEnd(16)} ${String(means)}`);
  throw new CliError(
    'BK-0101',
    `[demo] There is no ${what} ${name}. There are:\n${all.join('\n')}`,
  );
}

function borrowed(cli: Cli): Borrowed {
  return {
    openStore: async (folder) => {
      const site = await cli.platform.openSite({ data: folder }, logOf(cli));
      return {
        control: site.control,
        check: () => site.store.check({ project }),
        close: site.close,
      };
    },
    startPage: async (control, port) => {
      const { startServer } = await import('../server/server.ts');
      try {
        return await startServer({ control, port, log: logOf(cli) });
      } catch (error) {
        if (error instanceof Error && error.name === 'ServerError')
          throw new CliError('BK-0112', error.message, { cause: error });
        throw error;
      }
    },
  };
}

/** What the viewer sees: lines that stay, and on a terminal the run below them, painted in place. */
class Screen {
  readonly #cli: Cli;
  #painter: Painter | null = null;
  #run: Run = { type: 'none' };
  /** How far the store's clock is ahead of ours. Milliseconds. */
  #ahead = 0;

  constructor(cli: Cli) {
    this.#cli = cli;
  }

  viewer(): Viewer {
    const { out, interrupt } = this.#cli;
    return {
      say: (line) => {
        if (this.#painter === null) out.say(line);
        else this.#painter.print(line);
      },
      see: (run, now) => this.#see(run, now),
      ask:
        process.stdin.isTTY && out.live ? (question, signal) => this.#ask(question, signal) : null,
      tell: (facts) => out.line({ type: 'demo', ...facts }),
      stopped: interrupt.signal,
    };
  }

  close(): void {
    this.#painter?.stop();
    this.#painter = null;
  }

  #see(run: Run, now: number): void {
    this.#run = run;
    this.#ahead = now - Date.now();
    const { out } = this.#cli;
    if (!out.live) return;
    const ended = run.type === 'run' && run.status === 'ended';
    if (ended) this.close();
    else
      this.#painter ??= new Painter(out.stdout, () =>
        renderRun(this.#run, { ...out.look, now: Date.now() + this.#ahead }, NEVER_TIMED),
      );
  }

  async #ask(question: string, signal: AbortSignal): Promise<'approve' | 'hold' | null> {
    const terminal = createInterface({ input: process.stdin, output: process.stderr });
    try {
      for (;;) {
        const said = (await terminal.question(`${question}  [a]pprove, [h]old: `, { signal }))
          .trim()
          .toLowerCase();
        if (said === 'a' || said === 'approve') return 'approve';
        if (said === 'h' || said === 'hold') return 'hold';
      }
    } catch {
      // Somebody decided elsewhere, or Ctrl-C.
      return null;
    } finally {
      terminal.close();
    }
  }
}
